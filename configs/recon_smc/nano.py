"""ReCon-SMC-nano, pretraining on ProceduralShapes (method of arXiv 2302.02318, size and data are ours).

Masked reconstruction and, on the cls query, contrast by class. Supervised: the contrast reads the labels. Without them:
--cfg-options model.objectives.smc.type=ViewContrast
Cost: see the README for the measured samples per second on two CPU cores.
Expected: no published figure belongs to this config; measured ones stand in the README.
Command: python tools/train.py configs/recon_smc/nano.py
"""

_base_ = [
    '../_base_/runtime.py',
    '../_base_/datasets/procedural.py',
    '../_base_/schedules/pretrain_nano.py',
    '../_base_/models/recon_smc.py',
]

model = dict(
    backbone=dict(
        embed_dim=96, depth=6, num_heads=3, num_groups=32, group_size=16, patch_widths=(32, 64, 128), drop_path=0.0
    ),
    objectives=dict(reconstruct=dict(decoder=dict(depth=2, drop_path=0.0))),
)
train_dataloader = dict(dataset=dict(images=False, texts=False))
