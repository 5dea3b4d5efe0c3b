"""ReCon-tiny, pretraining on ShapeNet55 (arXiv 2302.02318).

Students with 13,154,272 parameters beside the frozen teachers (a ViT-B/16 of timm and the text tower of CLIP ViT-B/32).
Reproduces: the pretraining of the paper's ReCon-T, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: no published accuracy could be sourced.
Command: python tools/train.py configs/recon/tiny.py --amp
"""

_base_ = ['./base.py', '../_base_/sizes/tiny.py']

model = dict(backbone=_base_.pop('size').backbone)
