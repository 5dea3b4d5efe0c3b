"""Point-MAE: masked groups are dropped and their points reconstructed (arXiv 2203.06604)."""

model = dict(
    type='Pretrainer',
    backbone=dict(type='PointTransformer', queries=(), fusion='none', drop_path=0.1, order='shape'),
    mask=dict(type='random', ratio=0.6),
    objectives=dict(
        reconstruct=dict(type='ReconstructPoints', decoder=dict(depth=4, drop_path=0.1), norm=2),
    ),
)
