"""Point-BERT: masked groups are replaced and named as a learned tokenizer names them (arXiv 2111.14819).

The paper adds a momentum contrast of mixed clouds to this; it is left out here. It draws the share of masked groups
from 25 to 45 % per cloud; here it is the middle, so that shapes stay static.
"""

model = dict(
    type='Pretrainer',
    backbone=dict(
        type='PointTransformer',
        queries=(),
        fusion='none',
        masked_tokens='replace',
        drop_path=0.1,
        order='shape',
    ),
    mask=dict(type='block', ratio=0.35),
    objectives=dict(
        tokens=dict(
            type='PredictTokens',
            teacher=dict(type='DVAETokenizer', trained_by='configs/point_bert/dvae.py'),
            decoder=None,
        )
    ),
)
