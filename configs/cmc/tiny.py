"""CMC-tiny, pretraining on ShapeNet55 (arXiv 2302.02318): vanilla cross-modal contrast.

Queries in the token sequence, no mask, no reconstruction; frozen teachers (a ViT-B/16 of timm, CLIP ViT-B/32 text).
Reproduces: no paper: the method at this width is ours, for comparison, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: no published accuracy could be sourced.
Command: python tools/train.py configs/cmc/tiny.py --amp
"""

_base_ = ['./base.py', '../_base_/sizes/tiny.py']

model = dict(backbone=_base_.pop('size').backbone)
