"""ModelNet40 as ``modelnet40_ply_hdf5_2048``: a few HDF5 files of 2048 points an object."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np

from zoo.datasets.layouts.hdf5 import has_table, read_clouds, read_labels, read_normals
from zoo.datasets.layouts.modelnet_names import in_ten
from zoo.datasets.layouts.modelnet_storage import AGAIN, Storage, check_shape_names, read_lines
from zoo.datasets.storage import read_json
from zoo.errors import UsageError

STORED_POINTS = 2048


class Hdf5(Storage):
    """Lists of files with ``data (S, 2048, 3)``, ``label (S, 1)`` and ``normal (S, 2048, 3)``.

    Published with PointNet (arXiv 1612.00593): the points are in the unit sphere, and the order is shuffled. It has
    9,840 of the 9,843 training objects, and all 2,468 for the test. ``ply_data_<split>_<k>_id2file.json``, where it is
    there, names the objects. The points are in memory; normals are read when they are asked for.
    """

    layout = 'hdf5'
    how_to_get = (
        'https://shapenet.cs.stanford.edu/media/modelnet40_ply_hdf5_2048.zip (may be dead; a copy is '
        'https://huggingface.co/datasets/Msun/modelnet40)'
    )

    @staticmethod
    def folder_name(num_classes: int) -> str:
        """Return the name of the folder; ModelNet10 is taken from ModelNet40, whose lists are the same."""
        return 'modelnet40_ply_hdf5_2048'

    @classmethod
    def lacking(cls, folder: Path, num_classes: int, splits: tuple[str, ...]) -> list[str]:
        """Return the lists that are missing."""
        lists = ('shape_names.txt', *(f'{split}_files.txt' for split in splits))
        return [name for name in lists if not (folder / name).is_file()]

    def read(self) -> None:
        """Read the points of all files."""
        self.check_num_points(STORED_POINTS)
        check_shape_names(self.folder / 'shape_names.txt', 40)
        self._normals: dict[Path, np.ndarray | None] = {}
        self._sources: list[tuple[Path, int]] = []
        self.names = []
        parts = [self._read_file(path) for split in self.splits for path in self._files(split)]
        self._clouds = np.concatenate([clouds for clouds, _ in parts])
        self.labels = np.concatenate([labels for _, labels in parts])
        if not len(self.labels):
            raise UsageError(f'{self.folder.absolute()} has no object of the {self.num_classes} classes')
        if len(self.names) != len(self.labels):  # some of the files have no names
            self.names = []

    def _files(self, split: str) -> list[Path]:
        """Return the files of a split. The list has paths of another machine, of which the last part counts."""
        where = self.folder / f'{split}_files.txt'
        names = [line.rpartition('/')[2] for line in read_lines(where)]
        missing = [name for name in names if not (self.folder / name).is_file()]
        if missing or not names:
            wrong = f'names {missing[0]}, which is missing from the folder' if missing else 'names no file'
            raise UsageError(f'{where.absolute()} {wrong}: get {self.how_to_get}')
        return [self.folder / name for name in names]

    def _read_file(self, path: Path) -> tuple[np.ndarray, np.ndarray]:
        """Return clouds float32 ``(S, N, 3)`` and labels of one file, and keep where they are from."""
        clouds = read_clouds(path)
        if clouds.shape[1] != STORED_POINTS:
            raise UsageError(f'{path} must have clouds of {STORED_POINTS} points, not {clouds.shape[1]}: {AGAIN}')
        labels = read_labels(path, count=len(clouds), num_classes=40)
        names = _names(path, len(clouds))
        rows = np.arange(len(clouds))
        if self.num_classes == 10:
            rows, labels = in_ten(labels)
        self._sources += [(path, row) for row in rows.tolist()]
        self.names += [names[row] for row in rows.tolist()] if names else []
        # A copy of the head lets the rest go.
        return clouds[rows] if self.num_points is None else clouds[rows, : self.num_points].copy(), labels

    def rows(self, index: int) -> np.ndarray:
        """Return the points of one object, float32 ``(N, 3)``."""
        return self._clouds[index]

    def normals(self, index: int) -> np.ndarray | None:
        """Return the unit normals at the points, float32 ``(N, 3)``, or None; the whole file is kept from then on.

        Raises:
            UsageError: The file is damaged.
        """
        path, row = self._sources[index]
        if path not in self._normals:
            self._normals[path] = read_normals(path) if has_table(path, 'normal') else None
        normals = self._normals[path]
        if normals is None:
            return None
        if row >= len(normals) or normals.shape[1] != STORED_POINTS:
            raise UsageError(f"{path}: table 'normal' does not fit the points: {AGAIN}")
        return normals[row, : self.num_points]

    def source(self, index: int) -> str:
        """Return the file of an object and the row in it."""
        path, row = self._sources[index]
        return f'{path} row {row}'


def _names(path: Path, count: int) -> list[str]:
    """Return the names of the objects of a file, from the list beside it, if there is one."""
    split, number = path.stem.rstrip('0123456789'), path.stem[len(path.stem.rstrip('0123456789')) :]
    where = path.with_name(f'{split}_{number}_id2file.json')
    if not where.is_file():
        return []
    files = read_json(where.absolute())
    if not isinstance(files, list) or len(files) != count or not all(isinstance(name, str) for name in files):
        raise UsageError(f'{where} must be a list of {count} files, one an object of {path.name}: {AGAIN}')
    return [PurePosixPath(name).stem for name in files]
