"""ReCon-nano with a pair of teachers of one space, pretraining on ProceduralShapes (arXiv 2302.02318, 1312.5650).

Pictures are mixtures of the names of ImageNet classes (ConSE), read by the same MiniLM as the texts, so that the image
stream may take part in zero-shot. All else is recon-nano; the pair is ours and no CLIP.
No gradient: backbone.query_tokens.cls, backbone.query_positions.cls (as in recon-nano: no objective reads it).
Cost: as recon-nano.
Expected: no published figure belongs to this config; measured ones stand in docs/decisions.md.
Command: python tools/train.py configs/recon_pair/nano.py
"""

_base_ = '../recon/nano.py'

model = dict(objectives=dict(image=dict(teacher=dict(type='ConSETeacher'))))
