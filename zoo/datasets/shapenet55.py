"""ShapeNet55 in its official layout: one file a cloud, one file a rendering, lists of names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from zoo.arrays import load_npy
from zoo.compat import data_root as default_root
from zoo.compat import expand
from zoo.datasets.base import ObjectDataset
from zoo.datasets.coordinates import recentered
from zoo.datasets.storage import content_hash, read_json
from zoo.datasets.synsets import SHAPENET55
from zoo.errors import UsageError
from zoo.registry import DATASETS

SPLITS = {'train': ('train',), 'test': ('test',), 'train+test': ('test', 'train')}
"""Lists that make a split. ``train+test`` is the ``whole`` of the reference, which reads the test list first."""

HOW_TO_GET = (
    'get the clouds as https://github.com/lulutang0608/Point-BERT/blob/master/DATASET.md says, and the lists, '
    'renderings and shapenet55.json as https://github.com/qizekun/ReCon/blob/main/DATASET.md says, '
    'or let $ZOO_DATA be the folder that holds ShapeNet55-34'
)

SAMPLED_FILES = 32
"""Clouds whose content goes into the fingerprint; reading all 5 GB would take minutes."""


@DATASETS.register_module()
class ShapeNet55(ObjectDataset):
    """The pretraining set of Point-BERT and its successors: 8192 points and one rendering of each of 52,470 objects.

    Read from ``ShapeNet55-34`` in the data root: ``ShapeNet-55/{train,test}.txt`` (a file name a line),
    ``shapenet_pc/<name>.npy``, ``shapenet_img/<name>.png`` and ``shapenet55.json``, the text about every category. The
    folder of a method without images and texts, like Point-MAE's, works too: the last two are read when asked for.
    Several views, of which no download is known, lie where the released code of ReCon++ reads them:
    ``shapenet_img/<category>/<model>-<view>.png``, from 0.
    Clouds are as in the files; ``UnitSphere`` centers and scales them. Everything is looked for when the dataset is
    built, so that nothing turns out to be missing in the middle of an epoch.

    Parity: datasets/ShapeNet55Dataset.py of ReCon reads pictures as BGR; here they are RGB. Its ``ratio`` cuts the head
    off the joined lists, which for ``whole`` and up to 0.2 means test objects alone; here every list gives its share.

    Args:
        split: 'train', 'test', or 'train+test'.
        fraction: Share of every list, from its head, in (0, 1].
        images: Whether batches carry a rendering.
        views: Number of renderings of every object.
        texts: Whether batches carry the text about the category.
        image_pipeline: Configs of image transforms, see ``ObjectDataset``.
        data_root: Folder that holds ``ShapeNet55-34``; the data root of the user by default.

    Raises:
        UsageError: Files are missing or damaged; says which, where they were looked for and how to get them.
    """

    def __init__(
        self,
        split: str = 'train',
        *,
        fraction: float = 1.0,
        images: bool = False,
        views: int = 1,
        texts: bool = False,
        image_pipeline: list[dict[str, Any]] | None = None,
        data_root: str | Path | None = None,
    ) -> None:
        super().__init__(images=images, texts=texts, image_pipeline=image_pipeline)
        if split not in SPLITS or not 0 < fraction <= 1 or views < 1:
            names = ', '.join(SPLITS)
            raise UsageError(f'ShapeNet55: split {split!r} must be one of {names}, 0 < fraction <= 1, views at least 1')
        self.root = (default_root() if data_root is None else expand(data_root)) / 'ShapeNet55-34'
        lists = [self.root / 'ShapeNet-55' / f'{name}.txt' for name in SPLITS[split]]
        self._check_layout(lists)
        self.names = [name for path in lists for name in _read_list(path, fraction)]
        categories = _read_categories(self.root / 'shapenet55.json')
        self.classes = tuple(categories.values())
        self.labels = self._labels(list(categories))
        self.num_views = views if images else 0
        self._check_files('shapenet_pc', [f'{name}.npy' for name in self.names])
        self.points(0)
        if images:
            every = [self._picture(index, view) for index in range(len(self.names)) for view in range(views)]
            self._check_files('shapenet_img', every)
            self.image(0, 0)
        sampled = np.unique(np.linspace(0, len(self.names) - 1, SAMPLED_FILES).astype(int))
        contents = [self.points(int(index)) for index in sampled]
        self.fingerprint = content_hash(*self.names, *self.classes, *contents)

    def points(self, index: int) -> np.ndarray:
        """Return the points of one object: float32, shape ``(8192, 3)``.

        Raises:
            UsageError: The file is damaged.
        """
        path = self.root / 'shapenet_pc' / f'{self.names[index]}.npy'
        try:
            cloud = load_npy(path)
        except (OSError, ValueError, EOFError) as error:
            raise UsageError(f'{path} cannot be read as a cloud ({error}): fetch it again') from error
        if not isinstance(cloud, np.ndarray) or cloud.ndim != 2 or cloud.shape[1] < 3 or cloud.dtype.kind != 'f':
            raise UsageError(f'{path} must be an array of floats of shape (N, 3): fetch it again')
        cloud = cloud[:, :3]
        if not len(cloud) or not np.isfinite(cloud).all():
            raise UsageError(f'{path} is empty or has NaN or infinity among its points: fetch it again')
        return recentered(cloud, str(path)).astype(np.float32)

    def image(self, index: int, view: int) -> np.ndarray:
        """Return a rendering of one object: uint8 RGB, shape ``(H, W, 3)``.

        Raises:
            UsageError: The file is damaged.
        """
        import cv2

        path = self.root / 'shapenet_img' / self._picture(index, view)
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if picture is None:
            raise UsageError(f'{path} cannot be read as an image: fetch it again')
        return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)

    def caption(self, index: int) -> str:
        """Return the text about the category of one object, as the file has it."""
        return self.classes[int(self.labels[index])]

    @property
    def own_text(self) -> str:
        """Which text a caption is."""
        return 'class name'

    def source(self, index: int) -> str:
        """Return the file of a cloud."""
        return str(self.root / 'shapenet_pc' / f'{self.names[index]}.npy')

    def info(self, index: int) -> dict[str, Any]:
        """Return the name of an object: its category and model."""
        return {'id': self.names[index]}

    def _check_layout(self, lists: list[Path]) -> None:
        """Look for the lists and folders that are needed."""
        needed = [*lists, self.root / 'shapenet_pc']
        needed += [self.root / 'shapenet_img'] if self.images else []
        needed += [self.root / 'shapenet55.json'] if self.texts else []
        missing = [str(path.relative_to(self.root)) for path in needed if not path.exists()]
        if missing:
            raise UsageError(f'ShapeNet55: {self.root.absolute()} lacks {", ".join(missing)}: {HOW_TO_GET}')

    def _picture(self, index: int, view: int) -> str:
        """Return where the rendering of one object lies in the folder of all."""
        name = self.names[index]
        return f'{name}.png' if self.num_views == 1 else f'{name.replace("-", "/", 1)}-{view}.png'

    def _check_files(self, folder: str, wanted: list[str]) -> None:
        """Look for files below a folder; listing it is quicker than asking for each."""
        root = (self.root / folder).absolute()
        present = {f'{place}/{name}' for place, _, names in os.walk(root, followlinks=True) for name in names}
        missing = [name for name in wanted if f'{root}/{name}' not in present]
        if missing:
            hint = 'render the meshes, or say views=1' if '/' in missing[0] else HOW_TO_GET
            raise UsageError(
                f'ShapeNet55: {root} lacks {len(missing)} of {len(wanted)} files, the first is {missing[0]}: {hint}'
            )

    def _labels(self, synsets: list[str]) -> np.ndarray:
        """Return the class of every object, int64 ``(S,)``: the position of its category."""
        position = {synset: label for label, synset in enumerate(synsets)}
        unknown = [name for name in self.names if name.partition('-')[0] not in position]
        if unknown:
            raise UsageError(f'ShapeNet55: {self.root.absolute()} lists {unknown[0]}, of a category that is not known')
        return np.array([position[name.partition('-')[0]] for name in self.names], dtype=np.int64)


def _read_list(path: Path, fraction: float) -> list[str]:
    """Return the head of a list of objects, without the suffix of the files."""
    try:
        names = path.read_text(encoding='utf-8').split()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f'{path} cannot be read ({error}): fetch it again') from error
    wrong = [name for name in names if not name.endswith('.npy') or '-' not in name or '/' in name]
    if wrong:
        raise UsageError(f'{path} has the line {wrong[0]!r}, expected <category>-<model>.npy: fetch it again')
    head = names[: int(fraction * len(names))]
    if not head:
        raise UsageError(f'{path} names {len(names)} objects, and fraction={fraction} leaves none')
    return [name.removesuffix('.npy') for name in head]


def _read_categories(path: Path) -> dict[str, str]:
    """Return the text of every category by synset, in the order of the file, which is the order of the labels.

    The file is a table with the columns ``catalogue`` (the synset, mostly as a number) and ``describe``, as a list of
    rows or as one object a column. Without the file the 55 names of Point-BERT's lists stand in.
    """
    if not path.exists():
        return SHAPENET55
    table = read_json(path.absolute())
    try:
        if isinstance(table, dict):
            table = [
                {'catalogue': table['catalogue'][row], 'describe': table['describe'][row]} for row in table['describe']
            ]
        return {f'{int(row["catalogue"]):08d}': str(row['describe']) for row in table}
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f'{path} must be a table with the columns catalogue and describe: fetch it again') from error
