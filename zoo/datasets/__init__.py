"""Datasets of objects: point clouds with views, captions, classes and parts."""

from __future__ import annotations

from zoo.datasets.base import ObjectDataset, ObjectSubset

__all__ = ['ObjectDataset', 'ObjectSubset']
