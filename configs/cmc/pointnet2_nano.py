"""CMC-nano on PointNet++, pretraining on ProceduralShapes (arXiv 2302.02318, student of arXiv 1706.02413).

The pooled features of a cloud stand for both queries. Narrower than published, with smaller balls, for a laptop CPU.
Cost: about as many samples per second as cmc-nano.
Expected: no published figure belongs to this config, and none is measured yet.
Command: python tools/train.py configs/cmc/pointnet2_nano.py
"""

_base_ = './nano.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='PointNet2',
        num_centers=(128, 32),
        radii=(0.2, 0.4),
        ball_sizes=(16, 16),
        widths=((32, 32, 64), (64, 64, 128), (128, 192, 384)),
        order='shape',
    ),
)
