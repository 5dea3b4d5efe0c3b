"""What every run shares: seeds, checkpoints, logs, the exported weights."""

default_scope = 'zoo'
randomness = dict(seed=0, deterministic=False)
device = None
launcher = 'none'
env_cfg = dict(cudnn_benchmark=True)
log_level = 'INFO'
load_from = None
resume = False

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50, log_metric_by_epoch=True),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='CheckpointHook', interval=1, max_keep_ckpts=1),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    batch_norm=dict(type='FirstBatchHook'),
)
custom_hooks = [
    dict(type='IterationSeedHook'),
    dict(type='ProgressHook'),
    dict(type='ExportHook'),
]
vis_backends = [dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')]
visualizer = dict(type='Visualizer', vis_backends=vis_backends)
