"""PCP-MAE-nano, pretraining on ProceduralShapes (method of arXiv 2408.08753, size and data are ours).

A student for a laptop CPU, the local stream's size of ReCon-nano.
Cost: samples per second on a CPU stand in docs/results/methods.md.
Expected: no published figure belongs to this config; measured ones stand in docs/models.
Command: python tools/train.py configs/pcp_mae/nano.py
"""

_base_ = ['../_base_/pretrain_procedural.py', '../_base_/models/pcp_mae.py', '../_base_/sizes/nano.py']

model = dict(
    backbone=_base_.size.backbone,
    objectives=dict(centers=dict(decoder=_base_.pop('size').decoder)),
)
train_dataloader = dict(dataset=dict(images=False, texts=False))
