"""ReCon-SMC-base, pretraining on ShapeNet55 (arXiv 2302.02318): ReCon from points alone.

Supervised: the contrast reads the class of every object. Without labels:
--cfg-options model.objectives.smc.type=ViewContrast
Reproduces: the single-modal pretraining of the paper, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: fine-tuned ScanObjectNN PB_T50_RS 89.73 without voting (published for single-modal ReCon, arXiv 2510.21635).
Command: python tools/train.py configs/recon_smc/base.py --amp
"""

_base_ = ['../_base_/pretrain_shapenet55.py', '../_base_/models/recon_smc.py', '../_base_/sizes/base.py']

model = dict(backbone=_base_.pop('size').backbone)
train_dataloader = dict(dataset=dict(images=False, texts=False, image_pipeline=None))
