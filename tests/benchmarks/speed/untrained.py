"""A config that trains nothing."""

from __future__ import annotations

model = dict(type='FeatureExtractor', backbone=dict(type='PointTransformer'))
