"""Point-BERT-nano, pretraining on ProceduralShapes (method of arXiv 2111.14819, size and data are ours).

A student of width 96 and depth 6 for a laptop CPU. Its teacher is trained first, by
``python tools/train.py configs/point_bert/dvae_nano.py``.
Cost: see the README for the measured samples per second on two CPU cores.
Expected: no published figure belongs to this config; measured ones stand in the README.
Command: python tools/train.py configs/point_bert/nano.py
"""

_base_ = [
    '../_base_/runtime.py',
    '../_base_/datasets/procedural.py',
    '../_base_/schedules/pretrain_nano.py',
    '../_base_/models/point_bert.py',
]

model = dict(
    backbone=dict(
        embed_dim=96, depth=6, num_heads=3, num_groups=32, group_size=16, patch_widths=(32, 64, 128), drop_path=0.0
    ),
    objectives=dict(
        tokens=dict(
            teacher=dict(
                weights='work_dirs/point_bert_dvae_nano/weights.safetensors',
                num_tokens=256,
                embed_dim=96,
                trained_by='configs/point_bert/dvae_nano.py',
            ),
        ),
    ),
)
train_dataloader = dict(dataset=dict(images=False, texts=False))
