"""ReCon-small, pretraining on ShapeNet55 (arXiv 2302.02318).

Students with 22,944,096 parameters beside the frozen teachers (a ViT-B/16 of timm and the text tower of CLIP ViT-B/32).
Reproduces: the pretraining of the paper's ReCon-S, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: no published accuracy could be sourced.
Command: python tools/train.py configs/recon/small.py --amp
"""

_base_ = ['./base.py', '../_base_/sizes/small.py']

model = dict(backbone=_base_.pop('size').backbone)
