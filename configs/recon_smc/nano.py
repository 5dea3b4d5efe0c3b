"""ReCon-SMC-nano, pretraining on ProceduralShapes (method of arXiv 2302.02318, size and data are ours).

Masked reconstruction and, on the cls query, contrast by class. Supervised: the contrast reads the labels. Without them:
--cfg-options model.objectives.smc.type=ViewContrast
Cost: samples per second on a CPU stand in docs/results/methods.md.
Expected: no published figure belongs to this config; measured ones stand in docs/models.
Command: python tools/train.py configs/recon_smc/nano.py
"""

_base_ = ['../_base_/pretrain_procedural.py', '../_base_/models/recon_smc.py', '../_base_/sizes/nano.py']

model = dict(
    backbone=_base_.size.backbone,
    objectives=dict(reconstruct=dict(decoder=_base_.pop('size').decoder)),
)
train_dataloader = dict(dataset=dict(images=False, texts=False))
