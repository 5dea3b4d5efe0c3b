"""Point-BERT-nano, pretraining on ProceduralShapes (method of arXiv 2111.14819, size and data are ours).

A student for a laptop CPU. Its teacher is trained first, by
``python tools/train.py configs/point_bert/dvae_nano.py``.
Cost: samples per second on a CPU stand in docs/results/methods.md.
Expected: no published figure belongs to this config; measured ones stand in docs/models.
Command: python tools/train.py configs/point_bert/nano.py
"""

_base_ = ['../_base_/pretrain_procedural.py', '../_base_/models/point_bert.py', '../_base_/sizes/nano.py']

model = dict(
    backbone=_base_.pop('size').backbone,
    objectives=dict(
        tokens=dict(
            teacher=dict(
                weights='work_dirs/point_bert_dvae_nano/weights.safetensors',
                num_tokens=256,
                embed_dim=96,
                trained_by='configs/point_bert/dvae_nano.py',
            ),
        ),
    ),
)
train_dataloader = dict(dataset=dict(images=False, texts=False))
