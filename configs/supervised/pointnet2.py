"""PointNet++ with single-scale grouping (SSG), from scratch on ProceduralShapes (arXiv 1706.02413).

Network and head as published, 1.48 M parameters with 40 classes. Recipe of the released code: Adam at 1e-3, 16 clouds,
stepwise decay; in 100 instead of 251 epochs, turned clouds without jitter, scale and shift.
Cost: not measured.
Expected: no published figure belongs to this data; on ModelNet40, 90.7 % overall accuracy is published (1024 points).
Command: python tools/train.py configs/supervised/pointnet2.py
"""

_base_ = [
    '../_base_/runtime.py',
    '../_base_/datasets/procedural_labels.py',
    '../_base_/schedules/supervised.py',
]

model = dict(
    type='PointClassifier',
    backbone=dict(
        type='PointNet2',
        num_centers=(512, 128),
        radii=(0.2, 0.4),
        ball_sizes=(32, 64),
        order='shape',
        widths=((64, 64, 128), (128, 128, 256), (256, 512, 1024)),
    ),
    head='pointnet2',
)
train_dataloader = dict(batch_size=16)
