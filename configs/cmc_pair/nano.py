"""CMC-nano with a pair of teachers of one space, pretraining on ProceduralShapes (arXiv 2302.02318, 1312.5650).

Pictures are mixtures of the names of ImageNet classes (ConSE), read by the same MiniLM as the texts, so that the image
stream may take part in zero-shot. All else is cmc-nano; the pair is ours and no CLIP.
Cost: as cmc-nano.
Expected: no published figure belongs to this config; measured ones stand in docs/decisions.md.
Command: python tools/train.py configs/cmc_pair/nano.py
"""

_base_ = '../cmc/nano.py'

model = dict(objectives=dict(image=dict(teacher=dict(type='ConSETeacher'))))
