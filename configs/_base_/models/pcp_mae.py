"""PCP-MAE: masked groups are reconstructed at places that the student predicts from their looks (arXiv 2408.08753)."""

model = dict(
    type='Pretrainer',
    backbone=dict(
        type='PointTransformer',
        embed_dim=384,
        depth=12,
        num_heads=6,
        queries=(),
        fusion='none',
        masked_tokens='unplace',
        position='waves',
        num_groups=64,
        group_size=32,
        drop_path=0.1,
        order='shape',
    ),
    mask=dict(type='random', ratio=0.6),
    objectives=dict(
        centers=dict(type='PredictCenters', decoder=dict(depth=4, drop_path=0.1), norm=2, center_weight=0.1),
    ),
)
