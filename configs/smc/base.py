"""SMC-base, pretraining on ShapeNet55 (arXiv 2002.05709): self-supervised contrast of two views.

Self-supervised: the positive of an object is another random subsample and rotation of it. By class instead (supervised,
what arXiv 2302.02318 calls SMC): --cfg-options model.objectives.smc.type=ClassContrast
Reproduces: no paper: SimCLR on this student is ours, for comparison, with the schedule of ReCon, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: no published accuracy could be sourced.
Command: python tools/train.py configs/smc/base.py --amp
"""

_base_ = ['../_base_/pretrain_shapenet55.py', '../_base_/models/smc.py', '../_base_/sizes/base.py']

model = dict(backbone=_base_.pop('size').backbone)
train_dataloader = dict(dataset=dict(images=False, texts=False, image_pipeline=None))
