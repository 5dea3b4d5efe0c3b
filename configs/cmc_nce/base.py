"""CMC-base by InfoNCE, pretraining on ShapeNet55 (arXiv 2212.05171): cross-modal contrast with negatives.

Queries in the token sequence, no mask, no reconstruction; frozen teachers (a ViT-B/16 of timm, CLIP ViT-B/32 text).
Reproduces: no paper: ULIP's objective with the encoder, teachers and schedule of CMC-base, for comparison, 300 epochs.
Cost: not measured on a GPU yet.
Expected: no published accuracy could be sourced.
Command: python tools/train.py configs/cmc_nce/base.py --amp
"""

_base_ = '../cmc/base.py'

model = dict(objectives=dict(image=dict(loss='info_nce'), text=dict(loss='info_nce')))
