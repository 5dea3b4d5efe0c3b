"""ReCon-base, pretraining on ShapeNet55 (arXiv 2302.02318).

Students with 50,781,280 parameters beside the frozen teachers (a ViT-B/16 of timm and the text tower of CLIP ViT-B/32).
Reproduces: the pretraining of the paper's ReCon, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: fine-tuned ScanObjectNN PB_T50_RS 90.63 without voting (published, paperswithcode; best of 8 seeds).
Command: python tools/train.py configs/recon/base.py --amp
"""

_base_ = ['../_base_/pretrain_shapenet55.py', '../_base_/models/recon.py', '../_base_/sizes/base.py']

model = dict(backbone=_base_.pop('size').backbone)
custom_hooks = [*_base_.custom_hooks, dict(type='FeatureBankHook', views=10)]
