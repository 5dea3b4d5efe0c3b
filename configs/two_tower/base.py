"""Two-tower-base, pretraining on ShapeNet55 (arXiv 2302.02318): the two-tower baseline.

One transformer for each paradigm; frozen teachers (a ViT-B/16 of timm, CLIP ViT-B/32 text). Fine-tune one tower alone
with --cfg-options model.backbone.streams=local (or global).
Reproduces: the baseline of the appendix, with the schedule of ReCon, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: no published accuracy could be sourced.
Command: python tools/train.py configs/two_tower/base.py --amp
"""

_base_ = ['../_base_/pretrain_shapenet55.py', '../_base_/models/two_tower.py', '../_base_/sizes/base.py']

model = dict(backbone=_base_.pop('size').backbone)
custom_hooks = [*_base_.custom_hooks, dict(type='FeatureBankHook', views=10)]
