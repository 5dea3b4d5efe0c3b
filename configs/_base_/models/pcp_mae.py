"""PCP-MAE: masked groups are reconstructed at places that the student predicts from their looks (arXiv 2408.08753)."""

model = dict(
    type='Pretrainer',
    backbone=dict(
        type='PointTransformer',
        queries=(),
        fusion='none',
        masked_tokens='unplace',
        position='waves',
        drop_path=0.1,
        order='shape',
    ),
    mask=dict(type='random', ratio=0.6),
    objectives=dict(
        centers=dict(type='PredictCenters', decoder=dict(depth=4, drop_path=0.1), norm=2, center_weight=0.1),
    ),
)
