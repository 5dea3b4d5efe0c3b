"""Datasets of objects: point clouds with views, captions, classes and parts."""

from __future__ import annotations

from zoo.datasets.base import ObjectDataset, ObjectSubset
from zoo.datasets.pack import ShapePack
from zoo.datasets.procedural import ProceduralShapes
from zoo.datasets.shapenet55 import ShapeNet55

__all__ = ['ObjectDataset', 'ObjectSubset', 'ProceduralShapes', 'ShapeNet55', 'ShapePack']
