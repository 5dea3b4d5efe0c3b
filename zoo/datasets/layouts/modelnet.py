"""ModelNet10 and ModelNet40 in the layouts in which researchers have them (3D ShapeNets, arXiv 1406.5670)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from zoo.compat import data_root as default_root
from zoo.compat import expand
from zoo.datasets.base import ObjectDataset
from zoo.datasets.layouts.modelnet_fps import FpsArchive
from zoo.datasets.layouts.modelnet_hdf5 import Hdf5
from zoo.datasets.layouts.modelnet_names import MODELNET, readable_classes
from zoo.datasets.layouts.modelnet_off import Off
from zoo.datasets.layouts.modelnet_storage import Storage, candidates
from zoo.datasets.layouts.modelnet_text import NormalResampled
from zoo.datasets.storage import content_hash
from zoo.errors import UsageError
from zoo.registry import DATASETS

LAYOUTS: dict[str, type[Storage]] = {kind.layout: kind for kind in (FpsArchive, NormalResampled, Hdf5, Off)}
"""In the order in which ``layout='auto'`` looks for them."""

SPLITS = {'train': ('train',), 'test': ('test',), 'train+test': ('train', 'test')}

SAMPLED_OBJECTS = 32
"""Objects whose content goes into the fingerprint; reading them all would take minutes."""


@DATASETS.register_module()
class ModelNet(ObjectDataset):
    """CAD models of 10 or 40 classes: 3,991 and 908, or 9,843 and 2,468 objects.

    Looked for in ``ModelNet`` within the data root, and in the data root itself:

    * ``fps``: ``modelnet40_normal_resampled/modelnet40_{train,test}_8192pts_fps.dat``, 8192 points in the order of
      farthest point sampling, so that the head of a cloud is an even sample of it. Point-BERT and its successors train
      on these. In memory.
    * ``normal_resampled``: ``modelnet40_normal_resampled/modelnet40_{shape_names,train,test}.txt`` and
      ``<class>/<name>.txt``, 10,000 points. Slow to read.
    * ``hdf5``: ``modelnet40_ply_hdf5_2048/{shape_names,train_files,test_files}.txt`` and the ``.h5`` files, 2048
      points. In memory.
    * ``off``: ``ModelNet40/<class>/{train,test}/<name>.off``, meshes; 10,000 points are drawn. Slow to read.

    Clouds are in the frame and size of the file, y up (``off`` is turned from z up); ``UnitSphere`` centers and scales
    them. The official files of all layouts have normals. The layouts hold different points, so a figure on one is no
    figure on another: ``layout``, ``info`` and the fingerprint tell them apart.

    Args:
        split: 'train', 'test', or 'train+test'.
        num_classes: 10 or 40.
        layout: One of those above; 'auto' takes the first that has both splits, or else the wanted one.
        num_points: Number of points of a cloud, the first of those stored; all by default.
        data_root: Folder that holds ``ModelNet``; the data root of the user by default.
        texts: Whether batches carry the class name as words.

    Attributes:
        layout: The layout that is read.

    Raises:
        UsageError: Files are missing or damaged; says which, where they were looked for and how to get them.
    """

    def __init__(
        self,
        split: str = 'train',
        *,
        num_classes: int = 40,
        layout: str = 'auto',
        num_points: int | None = None,
        data_root: str | Path | None = None,
        texts: bool = False,
    ) -> None:
        super().__init__(texts=texts)
        if split not in SPLITS or num_classes not in MODELNET or layout not in ('auto', *LAYOUTS):
            raise UsageError(
                f'ModelNet: split {split!r} must be one of {", ".join(SPLITS)}, num_classes {num_classes} 10 or 40, '
                f'layout {layout!r} one of auto, {", ".join(LAYOUTS)}'
            )
        if num_points is not None and num_points < 1:
            raise UsageError(f'ModelNet: num_points {num_points} must be at least 1')
        root = default_root() if data_root is None else expand(data_root)
        kind, folder = _find(root, layout, num_classes, SPLITS[split])
        self.layout = kind.layout
        self._storage = kind(folder, num_classes, SPLITS[split], num_points)
        self.classes = readable_classes(num_classes)
        self.labels = self._storage.labels
        self.points(0)
        sampled = np.unique(np.linspace(0, len(self.labels) - 1, SAMPLED_OBJECTS).astype(int)).tolist()
        about = [f'layout {self.layout}', f'points {num_points}', *self._storage.names, *self.classes]
        self.fingerprint = content_hash(*about, self.labels, *(self._storage.content(index) for index in sampled))

    def points(self, index: int) -> np.ndarray:
        """Return the points of one object: float32, shape ``(N, 3)``.

        Raises:
            UsageError: The file is damaged.
        """
        return self._storage.points(index)

    def normals(self, index: int) -> np.ndarray | None:
        """Return the unit normals at the points: float32, shape ``(N, 3)``; None where the files have none.

        Raises:
            UsageError: The file is damaged.
        """
        return self._storage.normals(index)

    def source(self, index: int) -> str:
        """Return the file of an object, and the row where a file has many: ``'modelnet40_..._fps.dat row 12'``."""
        return self._storage.source(index)

    def info(self, index: int) -> dict[str, Any]:
        """Return the layout that is read, and the name of the object where the files tell it."""
        names = self._storage.names
        return {'layout': self.layout, **({'id': names[index]} if names else {})}


def _find(root: Path, layout: str, num_classes: int, splits: tuple[str, ...]) -> tuple[type[Storage], Path]:
    """Return the layout that is read and its folder.

    'auto' prefers a layout that has both splits: the training and the test set of one user are then of one layout.
    """
    kinds = list(LAYOUTS.values()) if layout == 'auto' else [LAYOUTS[layout]]
    for wanted in (('train', 'test'), splits):
        for kind in kinds:
            for folder in candidates(root, kind.folder_name(num_classes)):
                if not kind.lacking(folder, num_classes, wanted):
                    return kind, folder
    reports = [_report(root, kind, num_classes, splits) for kind in kinds]
    raise UsageError(f'ModelNet{num_classes}: {"; ".join(reports)}; or let $ZOO_DATA be the folder that holds ModelNet')


def _report(root: Path, kind: type[Storage], num_classes: int, splits: tuple[str, ...]) -> str:
    """Say what a layout lacks in the folder where it is most likely to be, and how to get it."""
    folders = list(candidates(root, kind.folder_name(num_classes)))
    folder = next((folder for folder in folders if folder.is_dir()), folders[0])
    lacking = kind.lacking(folder, num_classes, splits)
    more = f' and {len(lacking) - 4} more' if len(lacking) > 4 else ''
    return f'layout {kind.layout}: {folder.absolute()} lacks {", ".join(lacking[:4])}{more}: get {kind.how_to_get}'
