"""CMC-base, pretraining on ShapeNet55 (arXiv 2302.02318): vanilla cross-modal contrast.

Queries in the token sequence, no mask, no reconstruction; frozen teachers (a ViT-B/16 of timm, CLIP ViT-B/32 text).
Reproduces: the contrastive baseline of the paper, with the schedule of ReCon (its own is not published), 300 epochs.
Cost: not measured on a GPU yet.
Expected: no published accuracy could be sourced.
Command: python tools/train.py configs/cmc/base.py --amp
"""

_base_ = ['../_base_/pretrain_shapenet55.py', '../_base_/models/cmc.py', '../_base_/sizes/base.py']

model = dict(backbone=_base_.pop('size').backbone)
custom_hooks = [*_base_.custom_hooks, dict(type='FeatureBankHook', views=10)]
