"""Point-JEPA-nano, pretraining on ProceduralShapes (method of arXiv 2404.16432, size and data are ours).

A student for a laptop CPU, the local stream's size of ReCon-nano.
Cost: samples per second on a CPU stand in docs/results/methods.md.
Expected: no published figure belongs to this config; measured ones stand in docs/models.
Command: python tools/train.py configs/point_jepa/nano.py
"""

_base_ = ['../_base_/pretrain_procedural.py', '../_base_/models/point_jepa.py', '../_base_/sizes/nano.py']

model = dict(
    backbone=_base_.pop('size').backbone,
    objectives=dict(blocks=dict(decoder=dict(depth=3, num_heads=3, width=48, drop_path=0.0))),
)
train_dataloader = dict(dataset=dict(images=False, texts=False))
