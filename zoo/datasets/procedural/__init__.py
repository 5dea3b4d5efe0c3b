"""The built-in set: parametric objects of everyday classes, with points, parts, pictures and captions."""

from __future__ import annotations

from zoo.datasets.procedural import families
from zoo.datasets.procedural.dataset import ProceduralShapes
from zoo.datasets.procedural.shapes import SHAPES, ProceduralObject, make_object

CLASSES: tuple[str, ...] = tuple(sorted(SHAPES))

__all__ = ['CLASSES', 'ProceduralObject', 'ProceduralShapes', 'families', 'make_object']
