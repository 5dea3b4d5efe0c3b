"""Point2Vec with ReCon's tiny width, pretraining on ShapeNet55 (arXiv 2303.16570).

Reproduces: no paper: the method at this width is ours, for comparison, 800 epochs, batch 512.
Cost: not measured on a GPU yet.
Expected: no published accuracy.
Command: python tools/train.py configs/point2vec/tiny.py --amp
"""

_base_ = ['./base.py', '../_base_/sizes/tiny.py']

model = dict(backbone=_base_.pop('size').backbone)
