"""Point-JEPA with ReCon's base width, pretraining on ShapeNet55 (arXiv 2404.16432).

Reproduces: the pretraining of the released config, 500 epochs, batch 256; the augmentation is that of the other
methods, turns without its scaling.
Cost: not measured on a GPU yet; the paper reports 7.5 h on one RTX A5500.
Expected: linear SVM on ModelNet40 93.7 ± 0.2 (published, arXiv 2404.16432, mean of 10 runs).
Command: python tools/train.py configs/point_jepa/base.py --amp
"""

_base_ = ['../_base_/pretrain_shapenet55.py', '../_base_/models/point_jepa.py', '../_base_/sizes/base.py']

model = dict(backbone=_base_.pop('size').backbone)
train_dataloader = dict(batch_size=256, dataset=dict(images=False, texts=False, image_pipeline=None))
train_cfg = dict(max_epochs=500)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = dict(warmup='30/500')
