"""Pretraining schedule for a laptop CPU: minutes instead of hours, at a higher rate than the reference's."""

train_cfg = dict(by_epoch=True, max_epochs=60)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.05, fused=True),
    clip_grad=dict(max_norm=10),
    constructor='ParamGroups',
)
param_scheduler = dict(type='WarmupCosine', warmup='3/60', warmup_lr=1e-6, min_lr=1e-6)
