"""ACT-nano, pretraining on ProceduralShapes (method of arXiv 2212.08320, size and data are ours).

A student for a laptop CPU. Its teacher is trained first, by
``python tools/train.py configs/act/autoencoder_nano.py``.
Cost: samples per second on a CPU stand in docs/results/methods.md.
Expected: no published figure belongs to this config; measured ones stand in docs/models.
Command: python tools/train.py configs/act/nano.py
"""

_base_ = ['../_base_/pretrain_procedural.py', '../_base_/models/act.py', '../_base_/sizes/nano.py']

model = dict(
    backbone=_base_.size.backbone,
    objectives=dict(
        features=dict(
            decoder=_base_.pop('size').decoder,
            teacher=dict(
                weights='work_dirs/act_autoencoder_nano/weights.safetensors',
                num_tokens=256,
                embed_dim=96,
                trained_by='configs/act/autoencoder_nano.py',
            ),
        ),
    ),
)
train_dataloader = dict(dataset=dict(images=False, texts=False))
