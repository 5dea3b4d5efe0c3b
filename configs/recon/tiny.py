"""ReCon-tiny, pretraining on ShapeNet55 (arXiv 2302.02318).

Students with 13,154,272 parameters beside the frozen teachers (a ViT-B/16 of timm and the text tower of CLIP ViT-B/32).
Reproduces: the pretraining of the paper's ReCon-T, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: no published accuracy could be sourced.
Command: python tools/train.py configs/recon/tiny.py --amp
"""

_base_ = [
    '../_base_/runtime.py',
    '../_base_/datasets/shapenet55.py',
    '../_base_/schedules/pretrain.py',
    '../_base_/models/recon.py',
]

model = dict(backbone=dict(embed_dim=192, num_heads=3))

custom_hooks = [*_base_.custom_hooks, dict(type='FeatureBankHook', views=10)]
