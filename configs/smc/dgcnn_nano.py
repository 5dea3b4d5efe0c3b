"""SMC-nano on DGCNN, pretraining on ProceduralShapes (arXiv 2002.05709, student of arXiv 1801.07829).

The pooled features of a cloud stand for its query; each sample is encoded twice. Narrower than published, with 8
neighbors and 256 points, for a laptop CPU: tables of distances take most of a step.
Cost: half to three quarters of the samples per second of smc-nano.
Expected: no published figure belongs to this config, and none is measured yet.
Command: python tools/train.py configs/smc/dgcnn_nano.py
"""

_base_ = './nano.py'

model = dict(backbone=dict(_delete_=True, type='DGCNN', embed_dim=256, widths=(32, 32, 64), neighbors=8, order='shape'))
data_preprocessor = dict(
    train=[
        dict(type='RandomSubsample', num_points=256),
        dict(type='UnitSphere'),
        dict(type='RandomRotateGravity'),
    ],
)
