"""ACT-nano, pretraining on ProceduralShapes (method of arXiv 2212.08320, size and data are ours).

A student of width 96 and depth 6 for a laptop CPU. Its teacher is trained first, by
``python tools/train.py configs/act/autoencoder_nano.py``.
Cost: see the README for the measured samples per second on two CPU cores.
Expected: no published figure belongs to this config; measured ones stand in the README.
Command: python tools/train.py configs/act/nano.py
"""

_base_ = [
    '../_base_/runtime.py',
    '../_base_/datasets/procedural.py',
    '../_base_/schedules/pretrain_nano.py',
    '../_base_/models/act.py',
]

model = dict(
    backbone=dict(
        embed_dim=96, depth=6, num_heads=3, num_groups=32, group_size=16, patch_widths=(32, 64, 128), drop_path=0.0
    ),
    objectives=dict(
        features=dict(
            decoder=dict(drop_path=0.0),
            teacher=dict(
                weights='work_dirs/act_autoencoder_nano/weights.safetensors',
                num_tokens=256,
                embed_dim=96,
                trained_by='configs/act/autoencoder_nano.py',
            ),
        ),
    ),
)
train_dataloader = dict(dataset=dict(images=False, texts=False))
