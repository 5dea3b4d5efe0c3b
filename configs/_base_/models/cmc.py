"""CMC: vanilla cross-modal contrast; queries in the token sequence, no mask, no reconstruction (arXiv 2302.02318).

As in ReCon, "contrast" is regression of the teachers' features (smooth L1) unless ``loss='info_nce'`` is chosen.
"""

model = dict(
    type='Pretrainer',
    backbone=dict(type='PointTransformer', queries=('image', 'text'), fusion='joint', drop_path=0.1, order='shape'),
    objectives=dict(
        image=dict(type='AlignModality', teacher=dict(type='TimmImageTeacher'), loss='smooth_l1'),
        text=dict(type='AlignModality', teacher=dict(type='CLIPTextTeacher'), loss='smooth_l1'),
    ),
)
