"""Part segmentation of ProceduralShapes, objects that no pretraining has seen (protocol after arXiv 2203.06604).

Tokens of the layers at the ends of the student's thirds, propagated to the points, one head for the 204 parts of 43
classes; predictions among the parts of the object's class, which is told. Scales and shifts as in the papers, no turns:
parts are found by their place too. The last epoch counts.
Cost: about four minutes on two CPU cores.
Expected: no published figure belongs to this data. ``configs/finetune/shapenetpart.py`` is for the data of the papers.
Command: python tools/train.py configs/finetune/part_segmentation.py --backbone recon-nano --weights WEIGHTS
"""

_base_ = [
    '../_base_/runtime.py',
    '../_base_/datasets/procedural_labels.py',
    '../_base_/schedules/finetune.py',
    '../_base_/sizes/nano.py',
]

num_points = 512
# Of the 43 classes in alphabetical order.
parts = [
    6, 5, 4, 5, 4, 5, 4, 4, 4, 5, 4, 4, 4, 5, 5, 5, 5, 5, 5, 7, 4, 5,
    5, 6, 4, 5, 6, 7, 2, 4, 6, 4, 4, 5, 4, 4, 4, 5, 5, 6, 4, 5, 5,
]  # fmt: skip

model = dict(
    _delete_=True,
    type='PartSegmenter',
    backbone=dict(
        _base_.pop('size').backbone,
        type='PointTransformer',
        queries=('cls', 'image', 'text'),
        fusion='cross',
        stop_gradient=False,
        order='shape',
    ),
    parts=parts,
    numbered='by_class',
    widths=(192, 128),
    head_widths=(128, 64),
    dropout=0.0,
)
data_preprocessor = dict(
    type='BatchPreprocessor',
    train=[
        dict(type='FPSSubsample', num_points=num_points, oversample=600),
        dict(type='UnitSphere'),
        dict(type='RandomScale', scale=(0.8, 1.25)),
        dict(type='RandomTranslate', translate=0.1),
    ],
    test=[dict(type='FPSSubsample', num_points=num_points, order='shape'), dict(type='UnitSphere')],
)
train_dataloader = dict(batch_size=8)
train_cfg = dict(max_epochs=20, val_interval=10)
# Chosen on the validation split; results are those of the last epoch unless a protocol says otherwise.
default_hooks = dict(checkpoint=dict(save_best='instance_miou', rule='greater'))
# What stands behind the backbone begins anew.
optim_wrapper = dict(
    optimizer=dict(lr=1e-3),
    paramwise_cfg=dict(_delete_=True, lr_scale={'^(propagation|label_embed|head)\\.': 4.0}),
)
param_scheduler = dict(warmup='2/20')
val_evaluator = dict(type='PartIoU')
test_evaluator = dict(type='PartIoU', per_class=True)
