"""Point-MAE: masked groups are dropped and their points reconstructed (arXiv 2203.06604)."""

model = dict(
    type='Pretrainer',
    backbone=dict(
        type='PointTransformer',
        embed_dim=384,
        depth=12,
        num_heads=6,
        queries=(),
        fusion='none',
        num_groups=64,
        group_size=32,
        drop_path=0.1,
        order='shape',
    ),
    mask=dict(type='random', ratio=0.6),
    objectives=dict(
        reconstruct=dict(type='ReconstructPoints', decoder=dict(depth=4, drop_path=0.1), norm=2),
    ),
)
