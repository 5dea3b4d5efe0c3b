"""Multi-task-base, pretraining on ShapeNet55 (arXiv 2302.02318): the vanilla multi-task baseline.

One token sequence for both paradigms; frozen teachers (a ViT-B/16 of timm, CLIP ViT-B/32 text).
Reproduces: the baseline of the appendix, whose code is not released: schedule of ReCon, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: no published accuracy could be sourced.
Command: python tools/train.py configs/multitask/base.py --amp
"""

_base_ = ['../_base_/pretrain_shapenet55.py', '../_base_/models/multitask.py', '../_base_/sizes/base.py']

model = dict(backbone=_base_.pop('size').backbone)
custom_hooks = [*_base_.custom_hooks, dict(type='FeatureBankHook', views=10)]
