"""ReCon: masked reconstruction guides cross-modal contrast through a second stream of queries (arXiv 2302.02318)."""

model = dict(
    type='Pretrainer',
    backbone=dict(
        type='PointTransformer',
        queries=('cls', 'image', 'text'),
        fusion='cross',
        stop_gradient=True,
        drop_path=0.1,
        order='shape',
    ),
    mask=dict(type='random', ratio=0.6),
    objectives=dict(
        reconstruct=dict(type='ReconstructPoints', decoder=dict(depth=4, drop_path=0.1), norm=2),
        image=dict(type='AlignModality', teacher=dict(type='TimmImageTeacher'), loss='smooth_l1'),
        text=dict(type='AlignModality', teacher=dict(type='CLIPTextTeacher'), loss='smooth_l1'),
    ),
)
