"""PCP-MAE with ReCon's tiny width, pretraining on ShapeNet55 (arXiv 2408.08753).

Reproduces: no paper: the method at this width is ours, for comparison, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: no published accuracy.
Command: python tools/train.py configs/pcp_mae/tiny.py --amp
"""

_base_ = ['./base.py', '../_base_/sizes/tiny.py']

model = dict(backbone=_base_.pop('size').backbone)
