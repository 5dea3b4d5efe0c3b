"""Point2Vec with ReCon's base width, pretraining on ShapeNet55 (arXiv 2303.16570).

Reproduces: the pretraining of the paper, 800 epochs, batch 512; the augmentation is that of the other methods, turns
without its scaling.
Cost: not measured on a GPU yet; the released config names 13 GB of memory in half precision.
Expected: fine-tuned ScanObjectNN PB_T50_RS 87.47, ModelNet40 94.65 (published, README of the released code).
Command: python tools/train.py configs/point2vec/base.py --amp
"""

_base_ = ['../_base_/pretrain_shapenet55.py', '../_base_/models/point2vec.py', '../_base_/sizes/base.py']

model = dict(backbone=_base_.pop('size').backbone)
train_dataloader = dict(batch_size=512, dataset=dict(images=False, texts=False, image_pipeline=None))
train_cfg = dict(max_epochs=800)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = dict(warmup='80/800')
