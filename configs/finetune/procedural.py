"""Full fine-tuning on ProceduralShapes, objects that no pretraining has seen (protocol after arXiv 2302.02318).

Classifier on [every query, max over patches], all weights trained, the last epoch counts. Labels are few on purpose.
Cost: about a minute on two CPU cores.
Expected: no published figure belongs to this data; measured ones stand in docs/models.
Command: python tools/train.py configs/finetune/procedural.py --backbone recon-nano --weights WEIGHTS
"""

_base_ = [
    '../_base_/runtime.py',
    '../_base_/datasets/procedural_labels.py',
    '../_base_/schedules/finetune.py',
    '../_base_/sizes/nano.py',
]

num_points = 512

model = dict(
    type='PointClassifier',
    backbone=dict(
        _base_.pop('size').backbone,
        type='PointTransformer',
        queries=('cls', 'image', 'text'),
        fusion='cross',
        stop_gradient=False,
        order='shape',
    ),
)
data_preprocessor = dict(
    type='BatchPreprocessor',
    train=[
        # As the reference: a random choice among FPS points, so that training clouds are as even as those of the test.
        dict(type='FPSSubsample', num_points=num_points, oversample=600),
        dict(type='UnitSphere'),
        dict(type='RandomRotateGravity'),
    ],
    test=[dict(type='FPSSubsample', num_points=num_points, order='shape'), dict(type='UnitSphere')],
)
train_cfg = dict(max_epochs=20, val_interval=5)
# Chosen on the validation split; results are those of the last epoch unless a protocol says otherwise.
default_hooks = dict(checkpoint=dict(save_best='oa', rule='greater'))
optim_wrapper = dict(optimizer=dict(lr=1e-3), paramwise_cfg=dict(lr_scale={'head.': 4.0}))
param_scheduler = dict(warmup='2/20')
