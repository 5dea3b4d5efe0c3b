"""The plain transformer on point patches, from scratch on ProceduralShapes (as in arXiv 2111.14819 and 2203.06604).

Point-MAE's encoder with a class token and its fine-tuning head, 22.1 M parameters, no pretraining. Recipe: AdamW at
5e-4, 32 clouds, 10 epochs of warm-up and a cosine; in 100 instead of 300 epochs.
Cost: not measured.
Expected: no published figure belongs to this data; on ScanObjectNN, 79.86 % (OBJ_BG), 80.55 % (OBJ_ONLY) and 77.24 %
(PB_T50_RS) overall accuracy are published without pretraining.
Command: python tools/train.py configs/supervised/transformer.py
"""

_base_ = [
    '../_base_/runtime.py',
    '../_base_/datasets/procedural_labels.py',
    '../_base_/schedules/supervised.py',
    '../_base_/sizes/base.py',
]

model = dict(
    type='PointClassifier',
    backbone=dict(
        _base_.pop('size').backbone,
        type='PointTransformer',
        queries=('cls',),
        fusion='joint',
        drop_path=0.1,
        order='shape',
    ),
    head='mlp3',
)
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr=5e-4, weight_decay=0.05), clip_grad=dict(max_norm=10)
)
param_scheduler = dict(_delete_=True, type='WarmupCosine', warmup='10/100', warmup_lr=1e-6, min_lr=1e-6)
