"""ShapeNet55 with renderings and category texts, 1024 points, turned about the gravity axis (arXiv 2302.02318).

The train split only. The released code pretrains on train and test together, which is
``--cfg-options train_dataloader.dataset.split=train+test``.
"""

train_dataloader = dict(
    batch_size=128,
    num_workers=4,
    persistent_workers=True,
    drop_last=True,
    pin_memory=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='zoo.zoo_collate'),
    dataset=dict(
        type='ShapeNet55',
        split='train',
        images=True,
        texts=True,
        image_pipeline=[
            dict(type='Resize', scale=(256, 256), keep_ratio=False, interpolation='bicubic'),
            dict(type='RandomFlip', prob=0.5),
            dict(type='RandomResizedCrop', size=224, scale=(0.64, 1.0)),
            dict(type='RandAugment', n=2, m=10),
        ],
    ),
)
data_preprocessor = dict(
    type='BatchPreprocessor',
    train=[
        dict(type='RandomSubsample', num_points=1024),
        dict(type='UnitSphere'),
        dict(type='RandomRotateGravity'),
    ],
)
