"""A dataset whose every object can be computed, slow or broken where a test wants it so."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch

from zoo.datasets.base import ObjectDataset
from zoo.errors import UsageError
from zoo.registry import DATASETS


@DATASETS.register_module()
class Toys(ObjectDataset):
    """Clouds of 8 points, or of 5 to 11 when ragged; ``log`` is a file that gets a line for every object read."""

    def __init__(
        self, seed=0, size=70, *, ragged=False, views=2, bare=False, random=False, delay=0.0, log=None, broken=None,
        drift=False
    ):  # fmt: skip
        super().__init__()
        self.seed, self.ragged, self.bare, self.random, self.delay = seed, ragged, bare, random, delay
        self.log, self.broken = log, broken
        self.classes = () if bare else ('cup', 'night_stand', 'cüp')
        self.labels = np.full(size, -1) if bare else np.arange(size) % 3
        self.num_views = 0 if bare else views
        if not bare:
            self.parts = {'cup': ('body', 'handle')}
        self.fingerprint = f'{seed} {size} {ragged} {views} {bare} {time.monotonic_ns() if drift else 0}'

    def rng(self, index, what):
        return np.random.default_rng([self.seed, index, what])

    def count(self, index):
        return int(self.rng(index, 9).integers(5, 12)) if self.ragged else 8

    def points(self, index):
        time.sleep(self.delay)
        if self.log is not None:
            with Path(self.log).open('a', encoding='utf-8') as file:
                file.write(f'{index}\n')
        if index == self.broken:
            raise UsageError(f'toy-{index}.txt is cut off: fetch it again')
        if self.random:
            return torch.rand(8, 3).numpy()
        return self.rng(index, 0).standard_normal((self.count(index), 3)).astype(np.float32)

    def normals(self, index):
        if self.bare:
            return None
        normals = self.rng(index, 1).standard_normal((self.count(index), 3))
        return (normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32)

    def part(self, index):
        return None if self.bare else self.rng(index, 2).integers(0, 50, self.count(index))

    def image(self, index, view):
        return self.rng(index, 10 + view).integers(0, 256, (4, 5, 3), dtype=np.uint8)

    def caption(self, index):
        return super().caption(index) if self.bare else f'toy {index}\nof a “cüp”'

    def source(self, index):
        return f'toy-{index}.txt'

    def info(self, index):
        return {} if self.bare else {'id': f'{index:x}', 'licence': 'CC0', 'tags': ['a', None, index]}


def toys(**options):
    """Return the config of a set of toys."""
    return {'type': 'Toys', **options}
