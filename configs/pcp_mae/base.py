"""PCP-MAE with ReCon's base width, pretraining on ShapeNet55 (arXiv 2408.08753).

Reproduces: the pretraining of the paper, 300 epochs, batch 128; the augmentation is that of the other methods, turns
without its scaling and shifting.
Cost: not measured on a GPU yet.
Expected: fine-tuned ScanObjectNN PB_T50_RS 90.35, ModelNet40 94.1 (published, README of the released code; the best of
about eight seeds by its own account).
Command: python tools/train.py configs/pcp_mae/base.py --amp
"""

_base_ = ['../_base_/pretrain_shapenet55.py', '../_base_/models/pcp_mae.py', '../_base_/sizes/base.py']

model = dict(backbone=_base_.pop('size').backbone)
train_dataloader = dict(dataset=dict(images=False, texts=False, image_pipeline=None))
