"""PointNet with both transforms, from scratch on ProceduralShapes (arXiv 1612.00593).

Network and head as published, 3.48 M parameters with 40 classes. Recipe of the released code: Adam at 1e-3, 32 clouds,
stepwise decay; in 100 instead of 250 epochs, without the jitter of points.
Cost: not measured.
Expected: no published figure belongs to this data; on ModelNet40, 89.2 % overall accuracy is published (1024 points).
Command: python tools/train.py configs/supervised/pointnet.py
"""

_base_ = [
    '../_base_/runtime.py',
    '../_base_/datasets/procedural_labels.py',
    '../_base_/schedules/supervised.py',
]

model = dict(
    type='PointClassifier',
    backbone=dict(type='PointNet', input_transform=True, feature_transform=True, alignment_weight=1e-3),
    head='pointnet',
)
