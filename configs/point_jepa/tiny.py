"""Point-JEPA with ReCon's tiny width, pretraining on ShapeNet55 (arXiv 2404.16432).

Reproduces: no paper: the method at this width is ours, for comparison, 500 epochs, batch 256.
Cost: not measured on a GPU yet.
Expected: no published accuracy.
Command: python tools/train.py configs/point_jepa/tiny.py --amp
"""

_base_ = ['./base.py', '../_base_/sizes/tiny.py']

model = dict(backbone=_base_.pop('size').backbone, objectives=dict(blocks=dict(decoder=dict(width=96))))
