"""Pretraining schedule of the reference: AdamW, 10 epochs of warm-up, cosine over 300 epochs (arXiv 2302.02318)."""

train_cfg = dict(by_epoch=True, max_epochs=300)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=5e-4, weight_decay=0.05, fused=True),
    constructor='ParamGroups',
)
param_scheduler = dict(type='WarmupCosine', warmup='10/300', warmup_lr=1e-6, min_lr=1e-6)
