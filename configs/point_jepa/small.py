"""Point-JEPA with ReCon's small width, pretraining on ShapeNet55 (arXiv 2404.16432).

Reproduces: no paper: the method at this width is ours, for comparison, 500 epochs, batch 256.
Cost: not measured on a GPU yet.
Expected: no published accuracy.
Command: python tools/train.py configs/point_jepa/small.py --amp
"""

_base_ = ['base.py']

model = dict(
    backbone=dict(embed_dim=256, num_heads=4), objectives=dict(blocks=dict(decoder=dict(width=128, num_heads=4)))
)
