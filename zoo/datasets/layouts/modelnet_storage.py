"""What the ways in which ModelNet is published have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np

from zoo.datasets.coordinates import recentered
from zoo.datasets.layouts.modelnet_names import MODELNET
from zoo.errors import UsageError

AGAIN = 'fetch it again'


class Storage:
    """One layout of ModelNet on the disk.

    Attributes:
        layout: Name of the layout.
        how_to_get: Source of the files, as part of a sentence.
        folder: Folder of the files.
        names: Names of the objects like ``'chair_0001'``, as far as the files tell; otherwise empty.
        labels: int64, shape ``(S,)``.

    Args:
        folder: Folder of the files, see ``folder_name``.
        num_classes: 10 or 40.
        splits: 'train', 'test' or both, in the wanted order.
        num_points: Number of points of a cloud, from the head of those stored; all by default.

    Raises:
        UsageError: A file is missing or damaged.
    """

    layout: ClassVar[str]
    how_to_get: ClassVar[str]
    names: list[str]
    labels: np.ndarray

    def __init__(self, folder: Path, num_classes: int, splits: tuple[str, ...], num_points: int | None) -> None:
        self.folder, self.num_classes, self.splits, self.num_points = folder, num_classes, splits, num_points
        self.read()

    @staticmethod
    def folder_name(num_classes: int) -> str:
        """Return the name of the folder of this layout."""
        raise NotImplementedError

    @classmethod
    def lacking(cls, folder: Path, num_classes: int, splits: tuple[str, ...]) -> list[str]:
        """Return what is not in the folder and has to be; a layout that lacks nothing is present."""
        raise NotImplementedError

    def read(self) -> None:
        """Set names and labels, and look for everything that is needed later."""
        raise NotImplementedError

    def rows(self, index: int) -> np.ndarray:
        """Return points of one object and, where the files have them, normals: floats, ``(N, 3)`` or ``(N, 6)``."""
        raise NotImplementedError

    def source(self, index: int) -> str:
        """Return the file of an object, and the row in it."""
        raise NotImplementedError

    def content(self, index: int) -> np.ndarray:
        """Return what tells one object from another, for the fingerprint; cheap to read."""
        return np.asarray(self.rows(index), dtype=np.float32)

    def points(self, index: int) -> np.ndarray:
        """Return the points of one object, float32 ``(N, 3)``.

        Raises:
            UsageError: The file is damaged.
        """
        source = self.source(index)
        return recentered(_finite(self.rows(index)[:, :3], 'points', source), source).astype(np.float32)

    def normals(self, index: int) -> np.ndarray | None:
        """Return the unit normals at the points, float32 ``(N, 3)``, or None.

        Raises:
            UsageError: The file is damaged.
        """
        rows = self.rows(index)
        return _finite(rows[:, 3:6], 'normals', self.source(index)).astype(np.float32) if rows.shape[1] >= 6 else None

    def check_num_points(self, stored: int) -> None:
        """Compare the wanted number of points with the stored one.

        Raises:
            UsageError: More points are wanted than there are.
        """
        if self.num_points is not None and self.num_points > stored:
            raise UsageError(f'ModelNet: num_points={self.num_points}, but layout {self.layout!r} has {stored} points')

    def label_names(self, names: list[str], path: Path) -> np.ndarray:
        """Return the labels of named objects, int64 ``(S,)``; messages name the file that the names are from.

        Raises:
            UsageError: A name is of no class, or there is none.
        """
        position = {name: label for label, name in enumerate(MODELNET[self.num_classes])}
        found = [position.get(name.rpartition('_')[0]) for name in names]
        if not names or None in found:
            wrong = f'names {names[found.index(None)]!r}' if names else 'names nothing'
            raise UsageError(f'{path} {wrong}, expected objects of ModelNet{self.num_classes}: {AGAIN}')
        return np.array(found, dtype=np.int64)


def read_lines(path: Path) -> list[str]:
    """Return the lines of a list that are not empty.

    Raises:
        UsageError: The file is missing or no text.
    """
    try:
        return path.read_text(encoding='utf-8').split()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f'{path} cannot be read ({error}): {AGAIN}') from error


def check_shape_names(path: Path, num_classes: int) -> None:
    """Compare a list of class names with the official one, whose order is that of the labels.

    Raises:
        UsageError: They differ, or there is no such list.
    """
    if read_lines(path) != list(MODELNET[num_classes]):
        raise UsageError(f'{path} must name the {num_classes} classes of ModelNet in the order of labels: {AGAIN}')


def candidates(root: Path, name: str) -> Iterator[Path]:
    """Yield the folders in which a layout is looked for: within ``ModelNet``, and beside it."""
    yield from (root / 'ModelNet' / name, root / name)


def _finite(values: np.ndarray, what: str, source: str) -> np.ndarray:
    """Return values in which there is neither NaN nor infinity."""
    if not np.isfinite(values).all():
        raise UsageError(f'{source} has NaN or infinity among its {what}: {AGAIN}')
    return values
