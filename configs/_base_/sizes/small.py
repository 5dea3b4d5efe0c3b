"""Small: the student of ReCon-S (arXiv 2302.02318)."""

_base_ = './base.py'

size = dict(backbone=dict(embed_dim=256, num_heads=4))
