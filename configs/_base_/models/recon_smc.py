"""ReCon-SMC: ReCon from points alone; reconstruction guides single-modal contrast of the cls query (arXiv 2302.02318).

Supervised: as in the paper, positives of the contrast are objects of one class. The self-supervised form is
``model.objectives.smc.type=ViewContrast``.
"""

model = dict(
    type='Pretrainer',
    backbone=dict(
        type='PointTransformer',
        queries=('cls',),
        fusion='cross',
        stop_gradient=True,
        drop_path=0.1,
        order='shape',
    ),
    mask=dict(type='random', ratio=0.6),
    objectives=dict(
        reconstruct=dict(type='ReconstructPoints', decoder=dict(depth=4, drop_path=0.1), norm=2),
        smc=dict(type='ClassContrast', temperature=0.1),
    ),
)
