"""SMC-nano, pretraining on ProceduralShapes (method of arXiv 2002.05709, size and data are ours).

Self-supervised: the positive of an object is another random subsample and rotation of it. By class instead (supervised,
what arXiv 2302.02318 calls SMC): --cfg-options model.objectives.smc.type=ClassContrast
Cost: samples per second on a CPU stand in docs/results/methods.md.
Expected: no published figure belongs to this config; measured ones stand in docs/models.
Command: python tools/train.py configs/smc/nano.py
"""

_base_ = ['../_base_/pretrain_procedural.py', '../_base_/models/smc.py', '../_base_/sizes/nano.py']

model = dict(backbone=_base_.pop('size').backbone)
train_dataloader = dict(dataset=dict(images=False, texts=False))
