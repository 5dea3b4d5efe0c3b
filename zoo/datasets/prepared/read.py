"""A pack as a dataset."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from zoo.compat import data_root, expand
from zoo.datasets.base import ObjectDataset
from zoo.datasets.prepared.layout import fingerprint, open_pack
from zoo.datasets.storage import resolve
from zoo.errors import UsageError
from zoo.io import from_json
from zoo.registry import DATASETS

SPREAD = 2_654_435_761
"""Odd, and far from a simple fraction of 2³²: objects that follow one another begin their choice far apart."""


@DATASETS.register_module()
class MappedPack(ObjectDataset):
    """Objects of a folder that :func:`prepare` has written, mapped into memory: nothing is read before it is needed.

    Clouds are as in the source. ``num_points`` takes the same points of an object every time, a random choice that
    depends on the place of the object in the pack; smaller clouds repeat some.

    Attributes:
        path: The folder.
        parts: Names of the parts of every class, as the source has them, or None.
        about: Notes that ``prepare`` was told to keep beside the data.

    Args:
        path: Folder of the pack: absolute, or relative to the data root or to ``packs`` in it.
        split: Name of a split, several of them joined by '+', or 'all'.
        images: Whether batches carry one picture of every object.
        texts: Texts about every object in batches; see ``ObjectDataset``.
        num_points: Number of points of every cloud; all by default. Batches of clouds of several sizes need it.
        image_pipeline: Configs of image transforms, see ``ObjectDataset``.

    Raises:
        UsageError: A file is missing or damaged, or the pack has no such split, pictures or captions.
    """

    def __init__(
        self,
        path: str | Path,
        split: str = 'train',
        *,
        images: bool = False,
        texts: bool | str = False,
        num_points: int | None = None,
        image_pipeline: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(images=images, texts=texts, image_pipeline=image_pipeline)
        self.path = _find(path)
        meta, self._arrays = open_pack(self.path)
        self._content = meta['fingerprint']
        splits = list(meta['splits']) if split == 'all' else split.split('+')
        unknown = [name for name in splits if name not in meta['splits']]
        if unknown or len(set(splits)) < len(splits):
            known = ', '.join(meta['splits'])
            raise UsageError(f"{self.path}: there is no split {split!r}; choose from {known}, 'all', or join some by +")
        if num_points is not None and num_points < 1:
            raise UsageError(f'{self.path}: num_points must be at least 1, got {num_points}')
        if images and 'images' not in self._arrays:
            raise UsageError(f'{self.path} has no images.npy: prepare it from a dataset with images, or images=False')
        if texts and not meta['captions']:
            raise UsageError(f'{self.path} has objects without captions: build it with texts=False')
        stretches = [(meta['splits'][name]['start'], meta['splits'][name]['stop']) for name in splits]
        self._rows = np.concatenate([np.arange(start, stop) for start, stop in stretches])
        self.num_points = num_points
        self.num_views = self._arrays['images'].shape[1] if 'images' in self._arrays else 0
        self.classes = tuple(meta['classes'])
        self.labels = self._arrays['labels'][self._rows]
        self.parts = meta['parts'] or {}
        self.about: dict[str, Any] = meta['about']
        content = fingerprint(meta, splits)
        self.fingerprint = (
            content if num_points is None else hashlib.sha256(f'{content} {num_points}'.encode()).hexdigest()
        )

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the arrays: a mapped array would be copied as a whole, and another process can map it itself."""
        return {key: value for key, value in self.__dict__.items() if key != '_arrays'}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Map the arrays again."""
        self.__dict__.update(state)
        meta, self._arrays = open_pack(self.path)
        if meta['fingerprint'] != self._content:
            raise UsageError(f'{self.path} was replaced by another pack while it was in use: start again')

    def points(self, index: int) -> np.ndarray:
        """Return the points of one object: float32, shape ``(N, 3)``."""
        return self._cloud('points', index).astype(np.float32)

    def normals(self, index: int) -> np.ndarray | None:
        """Return the unit normals at the points, float32, shape ``(N, 3)``, or None."""
        if 'normals' not in self._arrays:
            return None
        return self._cloud('normals', index).astype(np.float32)

    def part(self, index: int) -> np.ndarray | None:
        """Return the part of every point, int64, shape ``(N,)``, or None."""
        return self._cloud('parts', index).astype(np.int64) if 'parts' in self._arrays else None

    def image(self, index: int, view: int) -> np.ndarray:
        """Return one picture: uint8 RGB, shape ``(H, W, 3)``."""
        return self.gather_images(np.array([index]), np.array([view]))[0]

    def caption(self, index: int) -> str:
        """Return the caption of the source."""
        return str(self._object(index)['caption'])

    def source(self, index: int) -> str:
        """Return the pack and the row of an object, and what the source called it."""
        return f'{self.path} row {self._rows[index]} ({self._object(index)["source"]})'

    def info(self, index: int) -> dict[str, Any]:
        """Return what the source knew of an object."""
        return dict(self._object(index)['info'])

    def gather_points(self, indices: np.ndarray) -> np.ndarray:
        """Return the clouds of many objects, shape ``(B, N, 3)``, in the precision of the pack."""
        return self._gather('points', self._rows[indices])

    def gather_parts(self, indices: np.ndarray) -> np.ndarray | None:
        """Return the parts of many objects, int64, shape ``(B, N)``, or None."""
        return self._gather('parts', self._rows[indices]).astype(np.int64) if 'parts' in self._arrays else None

    def gather_images(self, indices: np.ndarray, views: np.ndarray) -> np.ndarray:
        """Return one picture of each of many objects: uint8 RGB, shape ``(B, H, W, 3)``."""
        if 'images' not in self._arrays:
            raise UsageError(f'{self.path} has no images.npy: prepare it from a dataset with images, or images=False')
        return self._arrays['images'][self._rows[indices], views]

    def _object(self, index: int) -> dict[str, Any]:
        """Return what is known of an object."""
        row = int(self._rows[index])
        start, stop = self._arrays['lines'][row : row + 2]
        return from_json(self._arrays['objects'][start:stop].tobytes())

    def _gather(self, name: str, rows: np.ndarray) -> np.ndarray:
        """Return an array of many clouds, shape ``(B, N, ...)``."""
        array, offsets = self._arrays[name], self._arrays.get('offsets')
        if offsets is None and self.num_points in (None, array.shape[1]):
            return array[rows]
        if offsets is None:
            starts, sizes = rows * array.shape[1], np.full(len(rows), array.shape[1])
            array = array.reshape(-1, *array.shape[2:])
        else:
            starts, sizes = offsets[rows], offsets[rows + 1] - offsets[rows]
        wanted = self.num_points or int(sizes.max())
        if self.num_points is None and sizes.min() < wanted:
            raise UsageError(
                f'{self.path}: clouds of {sizes.min()} and {wanted} points cannot be one batch: give num_points'
            )
        return array[starts[:, None] + choose_points(rows, sizes, wanted)]

    def _cloud(self, name: str, index: int) -> np.ndarray:
        """Return an array of one cloud, shape ``(N, ...)``."""
        return self._gather(name, self._rows[[index]])[0]


def _find(path: str | Path) -> Path:
    """Return the folder of a pack."""
    found = resolve(path)
    packs = data_root() / 'packs' / expand(path)
    return (packs if not found.is_dir() and packs.is_dir() else found).absolute()


def choose_points(rows: np.ndarray, sizes: np.ndarray, wanted: int) -> np.ndarray:
    """Choose points of objects, the same ones every time, shape ``(B, wanted)``; none twice before all are taken."""
    chosen = np.empty((len(rows), wanted), dtype=np.int64)
    for place, (row, size) in enumerate(zip(rows.tolist(), sizes.tolist(), strict=True)):
        if size == wanted:
            chosen[place] = np.arange(size)
        else:
            start = row * SPREAD % size
            chosen[place] = _order(size).take(np.arange(start, start + wanted), mode='wrap')
    return chosen


@functools.lru_cache(maxsize=16)
def _order(size: int) -> np.ndarray:
    """Return the points of a cloud in random order: that of the next power of two, less those too many."""
    order = _shuffled((size - 1).bit_length())
    return order[order < size]


@functools.cache
def _shuffled(bits: int) -> np.ndarray:
    """Return the numbers below a power of two in random order."""
    # The raw stream of a bit generator stays the same in all releases of numpy; what is drawn from it may not.
    return np.argsort(np.random.PCG64(bits).random_raw(1 << bits))
