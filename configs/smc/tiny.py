"""SMC-tiny, pretraining on ShapeNet55 (arXiv 2002.05709): self-supervised contrast of two views.

Self-supervised: the positive of an object is another random subsample and rotation of it. By class instead (supervised,
what arXiv 2302.02318 calls SMC): --cfg-options model.objectives.smc.type=ClassContrast
Reproduces: no paper: SimCLR on this student is ours, for comparison, with the schedule of ReCon, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: no published accuracy could be sourced.
Command: python tools/train.py configs/smc/tiny.py --amp
"""

_base_ = ['./base.py', '../_base_/sizes/tiny.py']

model = dict(backbone=_base_.pop('size').backbone)
