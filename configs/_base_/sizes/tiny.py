"""Tiny: the student of ReCon-T (arXiv 2302.02318)."""

_base_ = './base.py'

size = dict(backbone=dict(embed_dim=192, num_heads=3))
