"""Full fine-tuning on ProceduralShapes, objects that no pretraining has seen (protocol after arXiv 2302.02318).

Classifier on [every query, max over patches], all weights trained, the last epoch counts. Labels are few on purpose.
Cost: about a minute on two CPU cores.
Expected: no published figure belongs to this data; measured ones stand in the README.
Command: python tools/train.py configs/finetune/procedural.py --backbone recon-nano --weights WEIGHTS
"""

_base_ = ['../_base_/runtime.py', '../_base_/schedules/finetune.py']

epochs = 20
num_points = 512

model = dict(
    type='PointClassifier',
    backbone=dict(
        type='PointTransformer',
        embed_dim=96,
        depth=6,
        num_heads=3,
        queries=('cls', 'image', 'text'),
        fusion='cross',
        stop_gradient=False,
        num_groups=32,
        group_size=16,
        patch_widths=(32, 64, 128),
        drop_path=0.1,
    ),
    num_classes=36,
)
data_preprocessor = dict(
    type='BatchPreprocessor',
    train=[
        dict(type='RandomSubsample', num_points=num_points),
        dict(type='UnitSphere'),
        dict(type='RandomRotateGravity'),
    ],
    test=[dict(type='FPSSubsample', num_points=num_points), dict(type='UnitSphere')],
)
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='zoo.zoo_collate'),
    dataset=dict(type='ProceduralShapes', split='train', num_objects=720, num_points=1024, seed=1),
)
val_dataloader = dict(
    batch_size=128,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='zoo.zoo_collate'),
    dataset=dict(type='ProceduralShapes', split='val', num_objects=720, num_points=1024, seed=1),
)
test_dataloader = dict(
    batch_size=128,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='zoo.zoo_collate'),
    dataset=dict(type='ProceduralShapes', split='test', num_objects=1440, num_points=1024, seed=1),
)
train_cfg = dict(max_epochs=epochs, val_interval=5)
optim_wrapper = dict(optimizer=dict(lr=5e-4), paramwise_cfg=dict(lr_scale={'head.': 4.0}))
param_scheduler = dict(warmup=2, total=epochs)
