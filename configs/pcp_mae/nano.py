"""PCP-MAE-nano, pretraining on ProceduralShapes (method of arXiv 2408.08753, size and data are ours).

A student of width 96 and depth 6 for a laptop CPU, the local stream's size of ReCon-nano.
Cost: see the README for the command that measures samples per second.
Expected: no published figure belongs to this config; measured ones stand in the README.
Command: python tools/train.py configs/pcp_mae/nano.py
"""

_base_ = [
    '../_base_/runtime.py',
    '../_base_/datasets/procedural.py',
    '../_base_/schedules/pretrain_nano.py',
    '../_base_/models/pcp_mae.py',
]

model = dict(
    backbone=dict(
        embed_dim=96, depth=6, num_heads=3, num_groups=32, group_size=16, patch_widths=(32, 64, 128), drop_path=0.0
    ),
    objectives=dict(centers=dict(decoder=dict(depth=2, drop_path=0.0))),
)
train_dataloader = dict(dataset=dict(images=False, texts=False))
