"""Point-JEPA: target blocks of a teacher that sees the whole cloud, predicted from a context (arXiv 2404.16432)."""

model = dict(
    type='Pretrainer',
    backbone=dict(type='PointTransformer', queries=(), fusion='none', drop_path=0.25, order='shape'),
    mask=dict(type='context', ratio=0.72),
    objectives=dict(
        blocks=dict(
            type='PredictBlocks',
            decoder=dict(depth=6, num_heads=6, width=192, drop_path=0.25),
            teacher=dict(type='MovingAverage', start=0.9995, end=0.99999),
        ),
    ),
)
