"""ACT: masked groups are dropped, and a cross-modal autoencoder's features of them regressed (arXiv 2212.08320).

The released code carries a class token along, which no loss reads; it is left out here.
"""

model = dict(
    type='Pretrainer',
    backbone=dict(type='PointTransformer', queries=(), fusion='none', drop_path=0.1, order='shape'),
    mask=dict(type='random', ratio=0.8),
    objectives=dict(
        features=dict(
            type='PredictFeatures',
            teacher=dict(type='CrossModalTokenizer', trained_by='configs/act/autoencoder.py'),
            decoder=dict(depth=2, drop_path=0.1),
            loss='cosine',
        ),
    ),
)
