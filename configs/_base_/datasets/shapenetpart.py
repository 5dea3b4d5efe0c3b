"""ShapeNetPart, 2048 points: training on train and val together as all published figures do, and the test split.

Training draws other points of an object in every epoch; the test has the same points every time.
"""

train_dataloader = dict(
    batch_size=16,
    num_workers=8,
    drop_last=True,
    pin_memory=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='zoo.zoo_collate'),
    dataset=dict(type='ShapeNetPart', split='trainval', num_points=2048, sampling='random'),
)
test_dataloader = dict(
    batch_size=32,
    num_workers=8,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='zoo.zoo_collate'),
    dataset=dict(type='ShapeNetPart', split='test', num_points=2048, sampling='fixed'),
)
data_preprocessor = dict(
    type='BatchPreprocessor',
    train=[
        dict(type='UnitSphere'),
        dict(type='RandomScale', scale=(0.8, 1.25)),
        dict(type='RandomTranslate', translate=0.1),
    ],
    test=[dict(type='UnitSphere')],
)
