"""ModelNet as ``modelnet40_normal_resampled``: one text file an object, 10,000 points with normals."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from zoo.datasets.layouts.modelnet_names import MODELNET
from zoo.datasets.layouts.modelnet_storage import AGAIN, Storage, check_shape_names, read_lines
from zoo.errors import UsageError

STORED_POINTS = 10_000


class NormalResampled(Storage):
    """Lists of names, and a line ``x,y,z,nx,ny,nz`` for every point in ``<class>/<name>.txt``.

    Published with PointNet++ (arXiv 1706.02413). A file takes milliseconds to read and is read when it is asked for.
    """

    layout = 'normal_resampled'
    how_to_get = (
        'https://shapenet.cs.stanford.edu/media/modelnet40_normal_resampled.zip (may be dead; a copy is '
        'https://huggingface.co/datasets/Pointcept/modelnet40_normal_resampled-compressed)'
    )

    @staticmethod
    def folder_name(num_classes: int) -> str:
        """Return the name of the folder; it holds the lists of both numbers of classes."""
        return 'modelnet40_normal_resampled'

    @classmethod
    def lacking(cls, folder: Path, num_classes: int, splits: tuple[str, ...]) -> list[str]:
        """Return the lists that are missing, and ``<class>/<name>.txt`` when there is no folder of a class at all."""
        lists = [f'modelnet{num_classes}_{name}.txt' for name in ('shape_names', *splits)]
        missing = [name for name in lists if not (folder / name).is_file()]
        any_class = any((folder / name).is_dir() for name in MODELNET[num_classes])
        return missing if any_class else [*missing, '<class>/<name>.txt']

    def read(self) -> None:
        """Read the lists and look for the files, with one listing a class."""
        self.check_num_points(STORED_POINTS)
        check_shape_names(self.folder / f'modelnet{self.num_classes}_shape_names.txt', self.num_classes)
        lists = [self.folder / f'modelnet{self.num_classes}_{split}.txt' for split in self.splits]
        parts = [read_lines(path) for path in lists]
        self.labels = np.concatenate([self.label_names(*pair) for pair in zip(parts, lists, strict=True)])
        self.names = [name for part in parts for name in part]
        self._check_files()

    def _check_files(self) -> None:
        """Compare the lists with the folders of the classes."""
        folders = {name: self.folder / name for name in MODELNET[self.num_classes]}
        present = {
            f'{name}/{path.name}' for name, folder in folders.items() if folder.is_dir() for path in folder.iterdir()
        }
        wanted = [f'{name.rpartition("_")[0]}/{name}.txt' for name in self.names]
        missing = [name for name in wanted if name not in present]
        if missing:
            raise UsageError(
                f'{self.folder.absolute()} lacks {len(missing)} of {len(wanted)} clouds, the first is {missing[0]}: '
                f'get {self.how_to_get}'
            )

    def source(self, index: int) -> str:
        """Return the file of an object."""
        name = self.names[index]
        return str(self.folder / name.rpartition('_')[0] / f'{name}.txt')

    def content(self, index: int) -> np.ndarray:
        """Return the bytes of the file."""
        return np.frombuffer(self._text(index), dtype=np.uint8)

    def rows(self, index: int) -> np.ndarray:
        """Return points and normals of one object, float64 ``(N, 6)``."""
        text, source = self._text(index), self.source(index)
        lines = text.count(b'\n') + (not text.endswith(b'\n'))
        if lines != STORED_POINTS or text.count(b',') != 5 * lines:
            found = f'{lines} lines and {text.count(b",")} commas'
            raise UsageError(
                f'{source} must have {STORED_POINTS} lines x,y,z,nx,ny,nz and has {found}, so it is cut off or of '
                f'another kind: {AGAIN}'
            )
        try:
            table = np.loadtxt(io.BytesIO(text), np.float64, delimiter=',', max_rows=self.num_points, ndmin=2)
        except ValueError as error:
            reason = ' '.join(str(error).split())
            raise UsageError(f'{source} must have lines x,y,z,nx,ny,nz ({reason}): {AGAIN}') from error
        return table

    def _text(self, index: int) -> bytes:
        """Read a file."""
        try:
            return Path(self.source(index)).read_bytes()
        except OSError as error:
            raise UsageError(f'{self.source(index)} cannot be read ({error}): {AGAIN}') from error
