"""ACT with ReCon's base width, pretraining on ShapeNet55 (arXiv 2212.08320).

Its teacher is trained first, by ``python tools/train.py configs/act/autoencoder.py``, or is the released one:
``--cfg-options model.objectives.features.teacher.weights=FILE``.
Reproduces: the pretraining of the paper, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: fine-tuned ScanObjectNN PB_T50_RS 88.21 (published, arXiv 2212.08320).
Command: python tools/train.py configs/act/base.py --amp
"""

_base_ = ['../_base_/pretrain_shapenet55.py', '../_base_/models/act.py', '../_base_/sizes/base.py']

model = dict(backbone=_base_.pop('size').backbone)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
train_dataloader = dict(dataset=dict(images=False, texts=False, image_pipeline=None))
