"""CMC-small by InfoNCE, pretraining on ShapeNet55 (arXiv 2212.05171): cross-modal contrast with negatives.

Queries in the token sequence, no mask, no reconstruction; frozen teachers (a ViT-B/16 of timm, CLIP ViT-B/32 text).
Reproduces: no paper: ULIP's objective with the encoder, teachers and schedule of CMC-small, for comparison, 300 epochs.
Cost: not measured on a GPU yet.
Expected: no published accuracy could be sourced.
Command: python tools/train.py configs/cmc_nce/small.py --amp
"""

_base_ = ['./base.py', '../_base_/sizes/small.py']

model = dict(backbone=_base_.pop('size').backbone)
