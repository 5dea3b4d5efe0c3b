"""SMC: single-modal contrast of two augmented views, self-supervised (SimCLR, arXiv 2002.05709).

The second view is drawn by the preprocessor's own transforms, from the raw cloud. Supervised contrast by class, which
arXiv 2302.02318 calls SMC, is ``model.objectives.smc.type=ClassContrast``.
"""

model = dict(
    type='Pretrainer',
    backbone=dict(type='PointTransformer', queries=('cls',), fusion='joint', drop_path=0.1, order='shape'),
    objectives=dict(smc=dict(type='ViewContrast', temperature=0.1)),
)
