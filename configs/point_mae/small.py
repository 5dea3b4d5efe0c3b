"""Point-MAE with ReCon's small width, pretraining on ShapeNet55 (arXiv 2203.06604).

Reproduces: no paper: the method at this width is ours, for comparison, 300 epochs, batch 128.
Cost: not measured on a GPU yet; a user of the released code reports 80 to 85 s an epoch on one RTX 3090 at base width.
Expected: no published accuracy.
Command: python tools/train.py configs/point_mae/small.py --amp
"""

_base_ = ['./base.py', '../_base_/sizes/small.py']

model = dict(backbone=_base_.pop('size').backbone)
