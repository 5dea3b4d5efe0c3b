"""Datasets made ready: one folder of arrays that opens at once and is mapped into memory."""

from __future__ import annotations

from zoo.datasets.prepared.read import MappedPack
from zoo.datasets.prepared.write import prepare

__all__ = ['MappedPack', 'prepare']
