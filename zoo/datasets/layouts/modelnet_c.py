"""Corrupted test sets of ModelNet40 in their official layouts: ModelNet-C and ModelNet40-C."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from zoo.arrays import load_npy
from zoo.compat import data_root as default_root
from zoo.compat import expand
from zoo.datasets.base import ObjectDataset
from zoo.datasets.labels import check_labels
from zoo.datasets.layouts.hdf5 import AGAIN, check_clouds, read_clouds, read_labels
from zoo.datasets.layouts.modelnet_names import readable_classes
from zoo.datasets.storage import content_hash
from zoo.errors import UsageError
from zoo.registry import DATASETS

SEVERITIES = range(1, 6)
"""Weakest to strongest, as in ``zoo.transforms``."""


class _Corrupted(ObjectDataset):
    """The test objects of ModelNet40 under one corruption, held in memory. Subclasses say what the files are.

    Attributes:
        corruption: Name of the corruption, as in the files.
        severity: 1 to 5; None for the set without corruption.
    """

    corruptions: tuple[str, ...] = ()
    clean: str
    aliases: dict[str, str] = {}
    counting = ''
    folders: tuple[str, ...]
    how_to_get: str

    def __init__(
        self,
        corruption: str,
        severity: int | None = None,
        *,
        texts: bool = False,
        data_root: str | Path | None = None,
    ) -> None:
        super().__init__(texts=texts)
        self.corruption = self.aliases.get(corruption, corruption)
        self.severity = severity
        self._check_choice(corruption)
        self.folder = self._find_folder(default_root() if data_root is None else expand(data_root))
        self.path = self.folder / self._file_name()
        self.classes = readable_classes(40)
        self._points, self.labels = self._read()
        self.fingerprint = content_hash(self._points, self.labels, *self.classes)

    def points(self, index: int) -> np.ndarray:
        """Return the points of one object: float32, shape ``(N, 3)``."""
        return self._points[index].copy()

    def gather_points(self, indices: np.ndarray) -> np.ndarray:
        """Return the clouds of many objects: float32, shape ``(B, N, 3)``."""
        return self._points[indices]

    def source(self, index: int) -> str:
        """Return the file and the row of an object."""
        return f'{self.path} row {index}'

    def info(self, index: int) -> dict[str, Any]:
        """Return the place of an object in the official files."""
        return {'id': f'{self.path.name}/{index}', 'corruption': self.corruption, 'severity': self.severity}

    def _file_name(self) -> str:
        """Return the name of the file with the clouds."""
        raise NotImplementedError

    def _needed(self) -> tuple[str, ...]:
        """Return the names of all files that are read."""
        return (self._file_name(),)

    def _read(self) -> tuple[np.ndarray, np.ndarray]:
        """Read clouds, float32 ``(S, N, 3)``, and labels, int64 ``(S,)``."""
        raise NotImplementedError

    def _check_choice(self, asked: str) -> None:
        """Compare corruption and severity with what there is."""
        name = type(self).__name__
        if self.corruption not in {self.clean, *self.corruptions}:
            known = ', '.join([self.clean, *self.corruptions])
            raise UsageError(f'{name}: there is no corruption {asked!r}; choose one of {known}')
        if self.corruption == self.clean and self.severity is not None:
            raise UsageError(f'{name}: {asked!r} has no severity: leave it out')
        if self.corruption != self.clean and self.severity not in SEVERITIES:
            raise UsageError(f'{name}: severity {self.severity} of {asked!r} must be 1 to 5{self.counting}')

    def _find_folder(self, root: Path) -> Path:
        """Return the first folder that has the files."""
        for folder in self.folders:
            if all((root / folder / name).is_file() for name in self._needed()):
                return root / folder
        present = next((folder for folder in self.folders if (root / folder).is_dir()), self.folders[0])
        lacking = [name for name in self._needed() if not (root / present / name).is_file()]
        raise UsageError(
            f'{type(self).__name__}: {(root / present).absolute()} lacks {", ".join(lacking)}: {self.how_to_get}, '
            f'or let $ZOO_DATA be the folder that holds {self.folders[0]}'
        )


@DATASETS.register_module()
class ModelNetC(_Corrupted):
    """ModelNet-C of PointCloud-C: seven corruptions in five severities of 2468 test objects (arXiv 2202.03377).

    Read from ``modelnet_c`` in the data root (or ``pointcloud_c``, as its own loader calls it): ``clean.h5`` and
    ``<corruption>_<0 to 4>.h5`` with ``data (S, N, 3)`` and ``label``. N is 1024 where points are neither added nor
    dropped. Clouds are as in the files, y up.

    Parity: the loader of PointCloud-C counts severities from 0, as the files do. Here they are 1 to 5, as in
    ModelNet40-C and in ``zoo.transforms``: severity 1 of 'scale' is ``scale_0.h5``.

    Args:
        corruption: 'clean', 'scale', 'jitter', 'rotate', 'dropout_global', 'dropout_local', 'add_global' or
            'add_local'; 'drop_global' and 'drop_local' are understood.
        severity: 1 to 5, weakest to strongest; None for 'clean'.
        texts: Whether batches carry the class name as words.
        data_root: Folder that holds ``modelnet_c``; the data root of the user by default.

    Raises:
        UsageError: The file is missing or damaged; says which, where it was looked for and how to get it.
    """

    corruptions = ('scale', 'jitter', 'rotate', 'dropout_global', 'dropout_local', 'add_global', 'add_local')
    clean = 'clean'
    aliases = {'drop_global': 'dropout_global', 'drop_local': 'dropout_local'}
    counting = ', where the files count from 0 to 4'
    folders = ('modelnet_c', 'pointcloud_c')
    how_to_get = (
        'get modelnet_c.zip as https://github.com/ldkong1205/PointCloud-C/blob/main/docs/DATA_PREPARE.md says '
        '(non-commercial use)'
    )

    def _file_name(self) -> str:
        return 'clean.h5' if self.severity is None else f'{self.corruption}_{self.severity - 1}.h5'

    def _read(self) -> tuple[np.ndarray, np.ndarray]:
        points = read_clouds(self.path)
        return points, read_labels(self.path, count=len(points), num_classes=len(self.classes))


@DATASETS.register_module()
class ModelNet40C(_Corrupted):
    """ModelNet40-C: fifteen corruptions in five severities of the 2468 test objects of ModelNet40 (arXiv 2201.12296).

    Read from ``modelnet40_c`` in the data root: ``data_<corruption>_<severity>.npy (S, N, 3)``, severity 1 to 5, and
    ``label.npy`` for all of them. N depends on corruption and severity. Clouds are as in the files, y up.

    Args:
        corruption: Name of the corruption. By density: 'occlusion', 'lidar', 'density_inc', 'density' (fewer points in
            places), 'cutout'. By noise: 'uniform', 'gaussian', 'impulse', 'upsampling', 'background'. By
            transformation: 'rotation', 'shear', 'distortion' (free-form), 'distortion_rbf', 'distortion_rbf_inv'. The
            paper's 'density_dec', 'ffd', 'rbf' and 'inv_rbf' are understood. 'original', or 'clean', is the set
            without corruption.
        severity: 1 to 5; None for 'original'.
        texts: Whether batches carry the class name as words.
        data_root: Folder that holds ``modelnet40_c``; the data root of the user by default.

    Raises:
        UsageError: A file is missing or damaged; says which, where it was looked for and how to get it.
    """

    corruptions = (
        'occlusion',
        'lidar',
        'density_inc',
        'density',
        'cutout',
        'uniform',
        'gaussian',
        'impulse',
        'upsampling',
        'background',
        'rotation',
        'shear',
        'distortion',
        'distortion_rbf',
        'distortion_rbf_inv',
    )
    clean = 'original'
    aliases = {
        'clean': 'original',
        'density_dec': 'density',
        'ffd': 'distortion',
        'rbf': 'distortion_rbf',
        'inv_rbf': 'distortion_rbf_inv',
    }
    folders = ('modelnet40_c', 'ModelNet40-C')
    how_to_get = 'get the files from https://zenodo.org/records/6017834 (see https://github.com/jiachens/ModelNet40-C)'

    def _file_name(self) -> str:
        return f'data_{self.corruption}.npy' if self.severity is None else f'data_{self.corruption}_{self.severity}.npy'

    def _needed(self) -> tuple[str, ...]:
        return (self._file_name(), 'label.npy')

    def _read(self) -> tuple[np.ndarray, np.ndarray]:
        points = check_clouds(_load(self.path), str(self.path))
        file = self.folder / 'label.npy'
        labels = check_labels(_load(file), str(file), count=len(points), classes=len(self.classes), from_zero=True)
        return points, labels


def _load(path: Path) -> np.ndarray:
    """Read an .npy file into memory."""
    try:
        return load_npy(path)
    except (OSError, ValueError, EOFError) as error:
        raise UsageError(f'{path} cannot be read as an array ({error}): {AGAIN}') from error
