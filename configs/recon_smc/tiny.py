"""ReCon-SMC-tiny, pretraining on ShapeNet55 (arXiv 2302.02318): ReCon from points alone.

Supervised: the contrast reads the class of every object. Without labels:
--cfg-options model.objectives.smc.type=ViewContrast
Reproduces: no paper: the method at this width is ours, for comparison, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: no published accuracy could be sourced.
Command: python tools/train.py configs/recon_smc/tiny.py --amp
"""

_base_ = ['./base.py', '../_base_/sizes/tiny.py']

model = dict(backbone=_base_.pop('size').backbone)
