"""Point2Vec: layers of a teacher that sees the whole cloud, predicted from the visible groups (arXiv 2303.16570)."""

model = dict(
    type='Pretrainer',
    backbone=dict(type='PointTransformer', queries=(), fusion='none', drop_path=0.25, order='shape'),
    mask=dict(type='random', ratio=0.65),
    objectives=dict(
        layers=dict(
            type='PredictLayers',
            decoder=dict(depth=4, drop_path=0.25),
            layers=6,
            teacher=dict(type='MovingAverage', start=0.9998, end=0.99999, ramp=0.25),
        ),
    ),
)
