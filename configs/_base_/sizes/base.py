"""Base: the student of ReCon (arXiv 2302.02318) and of Point-MAE.

A config takes it out, ``model = dict(backbone=_base_.pop('size').backbone)``: left in, it would be a key that nothing
reads, and two bases must not share a key, so that no other size could be based on that config.
"""

size = dict(backbone=dict(embed_dim=384, depth=12, num_heads=6, num_groups=64, group_size=32))
