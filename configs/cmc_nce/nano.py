"""CMC-nano by InfoNCE, pretraining on ProceduralShapes (objective after arXiv 2212.05171, size and data are ours).

A text and a picture are told from those of the other objects of the batch, where CMC regresses them: look-alikes of
different names keep apart, which zero-shot lives by. Objects of one name are no negatives of each other. All else is
cmc-nano.
Cost: as cmc-nano.
Expected: no published figure belongs to this config; measured ones stand in docs/results/night.
Command: python tools/train.py configs/cmc_nce/nano.py
"""

_base_ = '../cmc/nano.py'

model = dict(objectives=dict(image=dict(loss='info_nce'), text=dict(loss='info_nce')))
