"""ProceduralShapes with one rendering and one caption each, 512 points, turned about the gravity axis."""

train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='zoo.zoo_collate'),
    dataset=dict(type='ProceduralShapes', split='train', num_objects=2150, num_points=1024, images=True, texts=True),
)
data_preprocessor = dict(
    type='BatchPreprocessor',
    train=[
        dict(type='RandomSubsample', num_points=512),
        dict(type='UnitSphere'),
        dict(type='RandomRotateGravity'),
    ],
)
