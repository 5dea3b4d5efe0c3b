"""Small datasets that tests may spoil."""

from __future__ import annotations

import numpy as np

from zoo.datasets import ObjectDataset
from zoo.errors import UsageError


class Clouds(ObjectDataset):
    """Clouds from a list. ``broken`` objects cannot be read; ``reads`` counts how often each was."""

    def __init__(self, clouds, labels=None, classes=('chair', 'table'), name='clouds', broken=(), parts=None):
        super().__init__()
        self.clouds = [np.asarray(cloud, dtype=np.float32) for cloud in clouds]
        self.labels = np.array([0] * len(clouds) if labels is None else labels, dtype=np.int64)
        self.classes, self.name, self.broken_ones, self.part_labels = classes, name, broken, parts
        self.fingerprint = name
        self.reads = np.zeros(len(clouds), dtype=int)

    def points(self, index):
        self.reads[index] += 1
        if index in self.broken_ones:
            raise UsageError(f'{self.source(index)} is cut off: fetch it again')
        return self.clouds[index]

    def part(self, index):
        return None if self.part_labels is None else self.part_labels[index]

    def source(self, index):
        return f'{self.name}/{index}.npy'


def random_clouds(count, points=16, seed=0):
    """Return clouds that all differ."""
    return list(np.random.default_rng(seed).standard_normal((count, points, 3)).astype(np.float32))
