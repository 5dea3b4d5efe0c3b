"""Fine-tuning schedule of the reference: tenfold rate for head and class token, clipping (arXiv 2302.02318)."""

train_cfg = dict(by_epoch=True, max_epochs=300, val_interval=1)
val_cfg = dict()
test_cfg = dict()
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=2e-5, weight_decay=0.05, fused=True),
    clip_grad=dict(max_norm=10),
    constructor='ParamGroups',
    # One pattern for all students: some have no class token, in others it belongs to one of two towers.
    paramwise_cfg=dict(lr_scale={'head.': 10.0, r'^head\.|\.query_(tokens|positions)\.cls$': 10.0}),
)
param_scheduler = dict(type='WarmupCosine', warmup='10/300', warmup_lr=1e-6, min_lr=1e-6)
val_evaluator = dict(type='Accuracy')
test_evaluator = val_evaluator
