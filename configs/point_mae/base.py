"""Point-MAE with ReCon's base width, pretraining on ShapeNet55 (arXiv 2203.06604).

Reproduces: the pretraining of the paper, 300 epochs, batch 128.
Cost: not measured on a GPU yet; a user of the released code reports 80 to 85 s an epoch on one RTX 3090 at base width.
Expected: fine-tuned ScanObjectNN PB_T50_RS 85.18 (published, arXiv 2203.06604; scale and translate augmentation).
Command: python tools/train.py configs/point_mae/base.py --amp
"""

_base_ = ['../_base_/pretrain_shapenet55.py', '../_base_/models/point_mae.py', '../_base_/sizes/base.py']

model = dict(backbone=_base_.pop('size').backbone)
train_dataloader = dict(dataset=dict(images=False, texts=False, image_pipeline=None))
