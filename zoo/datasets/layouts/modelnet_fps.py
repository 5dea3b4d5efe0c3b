"""ModelNet as ``*_8192pts_fps.dat``: one pickle a split, points in the order of farthest point sampling."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zoo.datasets.labels import check_labels
from zoo.datasets.layouts.modelnet_names import MODELNET, in_ten
from zoo.datasets.layouts.modelnet_storage import AGAIN, Storage, read_lines
from zoo.datasets.unpickle import load_arrays
from zoo.errors import UsageError


class FpsArchive(Storage):
    """A pickled pair: a list of clouds ``(8192, 6)`` with normals, and a list of labels ``(1,)``.

    Made by Point-BERT (arXiv 2111.14819) and the PyTorch port of PointNet++ from the text files, in the order of the
    lists. The number of points is in the name of the file; where there are several, the largest is read. Without a file
    of ModelNet10 its objects are taken from that of ModelNet40: the lists are the same. Everything is in memory, 1.9 GB
    for the training split of ModelNet40 and less with ``num_points``. The pickle may hold nothing but arrays.
    """

    layout = 'fps'
    how_to_get = (
        'the .dat files as https://github.com/Julie-tang00/Point-BERT/blob/master/DATASET.md says, which trains on them'
    )

    @staticmethod
    def folder_name(num_classes: int) -> str:
        """Return the name of the folder."""
        return 'modelnet40_normal_resampled'

    @classmethod
    def lacking(cls, folder: Path, num_classes: int, splits: tuple[str, ...]) -> list[str]:
        """Return the files that are missing."""
        wanted = {split: f'modelnet{num_classes}_{split}_8192pts_fps.dat' for split in splits}
        return [name for split, name in wanted.items() if cls._find(folder, num_classes, split) is None]

    @staticmethod
    def _find(folder: Path, num_classes: int, split: str) -> tuple[Path, int, int] | None:
        """Return the file of a split, its number of classes and its number of points."""
        present = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        for classes in dict.fromkeys((num_classes, 40)):
            pattern = re.compile(rf'modelnet{classes}_{split}_(\d+)pts_fps\.dat')
            points = [int(match[1]) for name in present if (match := pattern.fullmatch(name))]
            if points:
                return folder / f'modelnet{classes}_{split}_{max(points)}pts_fps.dat', classes, max(points)
        return None

    def read(self) -> None:
        """Read the pickles of all splits."""
        self.names = []
        self._clouds: list[np.ndarray] = []
        self._sources: list[tuple[Path, int]] = []
        labels = []
        for split in self.splits:
            found = self._find(self.folder, self.num_classes, split)
            if found is None:
                raise UsageError(f'{self.folder} lacks {self.lacking(self.folder, self.num_classes, (split,))[0]}')
            labels.append(self._read_split(*found, split))
        self.labels = np.concatenate(labels)
        if len(self.names) != len(self.labels):  # the list of one split is not there
            self.names = []

    def _read_split(self, path: Path, classes: int, stored: int, split: str) -> np.ndarray:
        """Read one pickle and return its labels."""
        self.check_num_points(stored)
        clouds, column = _pair(load_arrays(path.absolute()), path)
        numbers = np.array(_numbers(column, path))
        what = f'{path}: the list of labels'
        labels = check_labels(numbers, what, count=len(clouds), classes=classes, from_zero=True)
        names = self._names(path, classes, split, labels)
        kept = np.arange(len(labels))
        if classes != self.num_classes:
            kept, labels = in_ten(labels)
        for row in kept.tolist():
            self._clouds.append(self._checked(clouds[row], f'{path} row {row}', stored))
            self._sources.append((path, row))
            self.names += [names[row]] if names else []
        return labels

    def _checked(self, cloud: Any, source: str, stored: int) -> np.ndarray:
        """Return the head of a cloud."""
        if (
            not isinstance(cloud, np.ndarray)
            or cloud.shape not in {(stored, 6), (stored, 3)}
            or cloud.dtype.kind != 'f'
        ):
            found = getattr(cloud, 'shape', type(cloud).__name__)
            raise UsageError(f'{source} must be an array of floats of shape ({stored}, 6), not {found}: {AGAIN}')
        if not np.isfinite(cloud[: self.num_points, :3]).all():
            raise UsageError(f'{source} has NaN or infinity among its points: {AGAIN}')
        # A copy of the head lets the rest go.
        return cloud if self.num_points is None else cloud[: self.num_points].copy()

    def _names(self, path: Path, classes: int, split: str, labels: np.ndarray) -> list[str]:
        """Return the names in the list of the split, if it is there: the rows of the pickle follow it."""
        where = self.folder / f'modelnet{classes}_{split}.txt'
        if not where.is_file():
            return []
        names = read_lines(where)
        expected = list(MODELNET[classes])
        if [name.rpartition('_')[0] for name in names] != [expected[label] for label in labels]:
            raise UsageError(f'{path} and {where} are not of the same objects: fetch both again')
        return names

    def rows(self, index: int) -> np.ndarray:
        """Return points and normals of one object, floats ``(N, 6)``."""
        return self._clouds[index]

    def source(self, index: int) -> str:
        """Return the file of an object and the row in it."""
        path, row = self._sources[index]
        return f'{path} row {row}'


def _pair(content: Any, path: Path) -> tuple[Sequence[Any], Sequence[Any]]:
    """Return the clouds and the labels of a pickle."""
    if isinstance(content, list | tuple) and len(content) == 2:
        clouds, labels = content
        lists = all(isinstance(part, list | tuple | np.ndarray) for part in (clouds, labels))
        if lists and 0 < len(clouds) == len(labels):
            return clouds, labels
    raise UsageError(f'{path} must hold a list of clouds and a list of as many labels: {AGAIN}')


def _numbers(column: Sequence[Any], path: Path) -> list[int]:
    """Return labels that are stored as numbers, or as arrays of one number."""
    values = [np.asarray(label) for label in column]
    wrong = [row for row, value in enumerate(values) if value.size != 1 or value.dtype.kind not in 'iu']
    if wrong:
        raise UsageError(f'{path} row {wrong[0]} has no whole number as its label: {AGAIN}')
    return [int(value.item()) for value in values]
