"""Labelled ProceduralShapes that no pretraining has seen: three splits, few labels on purpose."""

model = dict(num_classes=43)
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='zoo.zoo_collate'),
    dataset=dict(type='ProceduralShapes', split='train', num_objects=860, num_points=1024, seed=1),
)
val_dataloader = dict(
    batch_size=128,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='zoo.zoo_collate'),
    dataset=dict(type='ProceduralShapes', split='val', num_objects=860, num_points=1024, seed=1),
)
test_dataloader = dict(
    batch_size=128,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='zoo.zoo_collate'),
    dataset=dict(type='ProceduralShapes', split='test', num_objects=1290, num_points=1024, seed=1),
)
