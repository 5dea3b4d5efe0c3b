"""Point-BERT with ReCon's small width, pretraining on ShapeNet55 (arXiv 2111.14819).

Its teacher is trained first, by ``python tools/train.py configs/point_bert/dvae.py``, or is the released one:
``--cfg-options model.objectives.tokens.teacher.weights=FILE``.
Reproduces: no paper: the method at this width is ours, for comparison, 300 epochs, batch 128.
Cost: not measured on a GPU yet.
Expected: no published accuracy.
Command: python tools/train.py configs/point_bert/small.py --amp
"""

_base_ = [
    '../_base_/runtime.py',
    '../_base_/datasets/shapenet55.py',
    '../_base_/schedules/pretrain.py',
    '../_base_/models/point_bert.py',
]

model = dict(backbone=dict(embed_dim=256, num_heads=4))
param_scheduler = dict(warmup='3/300')
train_dataloader = dict(dataset=dict(images=False, texts=False, image_pipeline=None))
