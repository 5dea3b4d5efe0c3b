"""ScanObjectNN in its official layout: one HDF5 file a variant and split (arXiv 1908.04616)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from zoo.compat import data_root as default_root
from zoo.compat import expand
from zoo.datasets.base import ObjectDataset
from zoo.datasets.layouts.hdf5 import read_clouds, read_labels
from zoo.datasets.storage import content_hash
from zoo.errors import UsageError
from zoo.registry import DATASETS

CLASSES = (
    'bag',
    'bin',
    'box',
    'cabinet',
    'chair',
    'desk',
    'display',
    'door',
    'shelf',
    'table',
    'bed',
    'pillow',
    'sink',
    'sofa',
    'toilet',
)
"""Classes in the order of the labels, which is not alphabetical; training_data/README.md of the official repository."""

VARIANTS = {
    'obj_bg': ('main_split', 'objectdataset'),
    'obj_only': ('main_split_nobg', 'objectdataset'),
    'pb_t50_rs': ('main_split', 'objectdataset_augmentedrot_scale75'),
}
"""Folder and name of the files of every variant."""

SPLITS = {'train': 'training', 'test': 'test'}

HOW_TO_GET = (
    'accept the terms of use in the form at https://hkust-vgd.github.io/scanobjectnn/ and unpack h5_files.zip there, '
    'or let $ZOO_DATA be the folder that holds ScanObjectNN'
)


@DATASETS.register_module()
class ScanObjectNN(ObjectDataset):
    """Real scans of 15 classes of furniture, 2048 points each, in the three variants that papers report.

    Read from ``ScanObjectNN`` in the data root: ``main_split/{training,test}_objectdataset.h5`` (``obj_bg``, the
    object with the background in its box), ``main_split_nobg/{training,test}_objectdataset.h5`` (``obj_only``) and
    ``main_split/{training,test}_objectdataset_augmentedrot_scale75.h5`` (``pb_t50_rs``, boxes moved by up to half their
    size, rotated about gravity and scaled). The folder ``h5_files`` of the official archive may stand in between. The
    numbers of objects are 2309 and 581, for ``pb_t50_rs`` 11416 and 2882. A file has ``data (S, 2048, 3)``, ``label``
    and ``mask (S, 2048)``, and is read into memory as a whole. Clouds are as in the files, y up, neither centered nor
    of one size; ``UnitSphere`` changes that.

    Parity: datasets/ScanObjectNNDataset.py of Point-BERT and its successors reads the same files and does not scale
    the clouds either. ReCon's zero-shot prompts spell the class toilet "toile"; here the name is right.

    Args:
        split: 'train' or 'test'.
        variant: 'obj_bg', 'obj_only' or 'pb_t50_rs'.
        texts: Whether batches carry the class name as words.
        data_root: Folder that holds ``ScanObjectNN``; the data root of the user by default.

    Raises:
        UsageError: The file is missing or damaged; says which, where it was looked for and how to get it.
    """

    def __init__(
        self,
        split: str = 'train',
        *,
        variant: str = 'pb_t50_rs',
        texts: bool = False,
        data_root: str | Path | None = None,
    ) -> None:
        super().__init__(texts=texts)
        if split not in SPLITS or variant not in VARIANTS:
            raise UsageError(
                f'ScanObjectNN: split {split!r} must be one of {", ".join(SPLITS)}, '
                f'variant {variant!r} one of {", ".join(VARIANTS)}'
            )
        folder, name = VARIANTS[variant]
        root = (default_root() if data_root is None else expand(data_root)) / 'ScanObjectNN'
        self.path = _find(root, Path(folder) / f'{SPLITS[split]}_{name}.h5')
        self.classes = CLASSES
        self._points = read_clouds(self.path)
        self.labels = read_labels(self.path, count=len(self._points), num_classes=len(CLASSES))
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
        return {'id': f'{self.path.parent.name}/{self.path.name}/{index}'}


def _find(root: Path, name: Path) -> Path:
    """Return the file, in the usual folder or in the one of the archive."""
    for path in (root / name, root / 'h5_files' / name):
        if path.is_file():
            return path
    raise UsageError(f'ScanObjectNN: {root.absolute()} lacks {name}, also below h5_files: {HOW_TO_GET}')
