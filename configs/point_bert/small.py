"""Point-BERT with ReCon's small width, pretraining on ShapeNet55 (arXiv 2111.14819).

Its teacher is trained first, by ``python tools/train.py configs/point_bert/dvae.py``, or is the released one:
``--cfg-options model.objectives.tokens.teacher.weights=FILE``.
Reproduces: no paper: the method at this width is ours, for comparison, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: no published accuracy.
Command: python tools/train.py configs/point_bert/small.py --amp
"""

_base_ = ['./base.py', '../_base_/sizes/small.py']

model = dict(backbone=_base_.pop('size').backbone)
