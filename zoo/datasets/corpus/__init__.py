"""Open collections of named meshes, and their union to pretrain on."""

from __future__ import annotations

from zoo.datasets.corpus.commons import Commons
from zoo.datasets.corpus.dataset import MeshCollection

__all__ = ['Commons', 'MeshCollection']
