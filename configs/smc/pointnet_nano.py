"""SMC-nano on PointNet, pretraining on ProceduralShapes (arXiv 2002.05709, student of arXiv 1612.00593).

The pooled features of a cloud stand for its query; each sample is encoded twice. The network is the published one,
which is light enough for a laptop CPU; with random weights it is a reference row of the benchmark.
Cost: not measured.
Expected: no published figure belongs to this config, and none is measured yet.
Command: python tools/train.py configs/smc/pointnet_nano.py
"""

_base_ = './nano.py'

model = dict(backbone=dict(_delete_=True, type='PointNet'))
