"""Point-BERT with ReCon's base width, pretraining on ShapeNet55 (arXiv 2111.14819).

Its teacher is trained first, by ``python tools/train.py configs/point_bert/dvae.py``, or is the released one:
``--cfg-options model.objectives.tokens.teacher.weights=FILE``.
Reproduces: masked token prediction of the paper, without its momentum contrast, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: fine-tuned ScanObjectNN PB_T50_RS 83.07 (published, arXiv 2111.14819; of the whole method).
Command: python tools/train.py configs/point_bert/base.py --amp
"""

_base_ = ['../_base_/pretrain_shapenet55.py', '../_base_/models/point_bert.py', '../_base_/sizes/base.py']

model = dict(backbone=_base_.pop('size').backbone)
param_scheduler = dict(warmup='3/300')
train_dataloader = dict(dataset=dict(images=False, texts=False, image_pipeline=None))
