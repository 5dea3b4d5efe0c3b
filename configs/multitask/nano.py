"""Multi-task-nano, pretraining on ProceduralShapes (method of arXiv 2302.02318, size and data are ours).

Masked reconstruction and both alignments in one token sequence. The teachers are EfficientNet-Lite0 (ImageNet) and
MiniLM (sentences), which stand in for the paper's ViT-B and CLIP. The text teacher reads captions.
Cost: samples per second on a CPU stand in docs/results/methods.md.
Expected: no published figure belongs to this config; measured ones stand in docs/models.
Command: python tools/train.py configs/multitask/nano.py
"""

_base_ = ['../_base_/pretrain_procedural.py', '../_base_/models/multitask.py', '../_base_/sizes/nano.py']

model = dict(
    backbone=_base_.size.backbone,
    objectives=dict(reconstruct=dict(decoder=_base_.size.decoder), **_base_.pop('size').align),
)

custom_hooks = [*_base_.custom_hooks, dict(type='FeatureBankHook', views=1)]
