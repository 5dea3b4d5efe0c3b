"""Shapes without end: objects that are made when they are read, of the built-in classes or of none."""

from __future__ import annotations

from zoo.datasets.stream.dataset import ProceduralStream
from zoo.datasets.stream.free import FREE

__all__ = ['FREE', 'ProceduralStream']
