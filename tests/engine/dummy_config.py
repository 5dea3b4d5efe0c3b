"""Config of the dummy model: 4 epochs of 6 iterations."""

default_scope = 'zoo'
custom_imports = dict(imports=['tests.engine.dummy'])
randomness = dict(seed=3)
model = dict(type='DummyClassifier')
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(type='DummyShapes'),
)
val_dataloader = dict(
    batch_size=5,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='DummyShapes', num_objects=13, seed=1),
)
test_dataloader = val_dataloader
train_cfg = dict(by_epoch=True, max_epochs=4)
val_cfg = dict()
test_cfg = dict()
val_evaluator = dict(type='Accuracy')
test_evaluator = dict(type='Accuracy', per_class=True, keep_predictions=True)
optim_wrapper = dict(
    type='OptimWrapper',
    constructor='ParamGroups',
    optimizer=dict(type='AdamW', lr=0.01, weight_decay=0.05),
    paramwise_cfg=dict(lr_scale={'^head': 10}),
    clip_grad=dict(max_norm=10),
)
param_scheduler = dict(type='WarmupCosine', warmup=1, convert_to_iter_based=True)
default_hooks = dict(
    checkpoint=dict(type='CheckpointHook', interval=1, max_keep_ckpts=1, save_best='oa'),
    batch_norm=dict(type='FirstBatchHook'),
)
custom_hooks = [
    dict(type='IterationSeedHook'),
    dict(type='ProgressHook'),
    dict(type='ExportHook'),
    dict(type='KillHook'),
]
