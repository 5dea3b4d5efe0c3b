"""ReCon++ with ReCon's tiny width, pretraining on 12 renderings of every object of ShapeNet55 (arXiv 2402.17766).

Data, recipe and departures are those of configs/recon_plus/base.py.
Reproduces: no paper: the method at this width is ours, for comparison, 300 epochs, batch 256.
Cost: not measured on a GPU yet.
Expected: no published accuracy.
Command: python tools/train.py configs/recon_plus/tiny.py --amp
"""

_base_ = ['./base.py', '../_base_/sizes/tiny.py']

model = dict(backbone=_base_.pop('size').backbone)
