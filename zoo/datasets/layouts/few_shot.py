"""The few-shot episodes of ModelNet40 that Point-BERT published (arXiv 2111.14819): one pickle an episode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from zoo.compat import data_root as default_root
from zoo.compat import expand
from zoo.datasets.base import ObjectDataset
from zoo.datasets.captions import readable
from zoo.datasets.coordinates import recentered
from zoo.datasets.layouts.modelnet_names import readable_classes
from zoo.datasets.storage import content_hash
from zoo.datasets.unpickle import load_arrays
from zoo.errors import UsageError
from zoo.registry import DATASETS

AGAIN = 'fetch it again'
HOW_TO_GET = (
    'get ModelNetFewshot as https://github.com/Julie-tang00/Point-BERT/blob/master/DATASET.md says, or let $ZOO_DATA '
    'be the folder that holds it'
)
SPLITS = ('train', 'test')


@DATASETS.register_module()
class ModelNetFewShot(ObjectDataset):
    """One episode: ``ways`` classes of ModelNet40, ``shots`` training objects and 20 test objects of each.

    Read from ``ModelNetFewshot/{5,10}way_{10,20}shot/{0..9}.pkl`` in the data root; the folder may also be named
    ``5way10shot``, as the instructions of Point-BERT have it. A file is the pickle of a dict with the lists ``train``
    and ``test`` of ``(points (8192, 6), label, class)``: the label counts from 0 within the episode, the class is the
    label in ModelNet40. Pickles may hold nothing but arrays. Points are as in the file, y up and in the order of
    farthest point sampling; ``UnitSphere`` centers and scales them. In memory.

    Parity: the head of the reference has 40 outputs for 5 or 10 classes, and its loader leaves out the last incomplete
    batch of the training objects. Both are choices of a protocol, not of the files.

    Args:
        ways: Number of classes, 5 or 10 in the published files.
        shots: Number of training objects of every class, 10 or 20 in the published files.
        fold: Number of the episode, 0 to 9 in the published files.
        split: 'train' (the support) or 'test' (the queries).
        num_points: Number of points of a cloud, the first of those stored; all by default.
        data_root: Folder that holds ``ModelNetFewshot``; the data root of the user by default.
        texts: Whether batches carry the class name as words.

    Attributes:
        path: The file.

    Raises:
        UsageError: The file is missing or damaged; says which, where it was looked for and how to get it.
    """

    def __init__(
        self,
        ways: int,
        shots: int,
        fold: int,
        split: str = 'train',
        *,
        num_points: int | None = None,
        data_root: str | Path | None = None,
        texts: bool = False,
    ) -> None:
        super().__init__(texts=texts)
        if split not in SPLITS or min(ways, shots, fold + 1) < 1 or (num_points is not None and num_points < 1):
            raise UsageError(
                f'ModelNetFewShot: split {split!r} must be train or test, and ways={ways}, shots={shots}, '
                f'num_points={num_points} positive numbers, fold={fold} at least 0'
            )
        root = default_root() if data_root is None else expand(data_root)
        self.path = _find(root / 'ModelNetFewshot', ways, shots, fold)
        self.split = split
        episode = _read(self.path, ways, shots)
        self.classes = _class_names(episode, ways, self.path)
        self.labels = np.array([label for _, label, _ in episode[split]], dtype=np.int64)
        self._clouds = [self._head(cloud, row, num_points) for row, (cloud, _, _) in enumerate(episode[split])]
        self.fingerprint = content_hash(*self.classes, self.labels, *self._clouds)

    def _head(self, cloud: np.ndarray, row: int, num_points: int | None) -> np.ndarray:
        """Return the wanted points of a cloud and what is stored beside them."""
        if num_points is not None and num_points > len(cloud):
            raise UsageError(f'ModelNetFewShot: num_points={num_points}, but {self.path} has {len(cloud)} points')
        head, source = cloud[:num_points], f'{self.path} {self.split} row {row}'
        if not np.isfinite(head[:, :3]).all():
            raise UsageError(f'{source} has NaN or infinity among its points: {AGAIN}')
        return np.concatenate([recentered(head[:, :3], source), head[:, 3:]], axis=1, dtype=np.float32)

    def points(self, index: int) -> np.ndarray:
        """Return the points of one object: float32, shape ``(N, 3)``."""
        return self._clouds[index][:, :3]

    def normals(self, index: int) -> np.ndarray | None:
        """Return the unit normals at the points: float32, shape ``(N, 3)``; None where the file has none."""
        cloud = self._clouds[index]
        return cloud[:, 3:6] if cloud.shape[1] >= 6 else None

    def source(self, index: int) -> str:
        """Return the file, and the list and the row in it."""
        return f'{self.path} {self.split} row {index}'


def _find(folder: Path, ways: int, shots: int, fold: int) -> Path:
    """Return the file of an episode."""
    names = [f'{ways}way_{shots}shot/{fold}.pkl', f'{ways}way{shots}shot/{fold}.pkl']
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise UsageError(f'ModelNetFewShot: {folder.absolute()} lacks {names[0]} (or {names[1]}): {HOW_TO_GET}')


def _read(path: Path, ways: int, shots: int) -> dict[str, list[tuple[np.ndarray, int, Any]]]:
    """Return the rows ``(cloud (N, C), label, class)`` of both lists of an episode."""
    content = load_arrays(path.absolute())
    if not isinstance(content, dict) or not all(isinstance(content.get(split), list | tuple) for split in SPLITS):
        raise UsageError(f'{path} must hold a dict with the lists train and test: {AGAIN}')
    episode = {
        split: [_row(row, f'{path} {split} row {k}', ways) for k, row in enumerate(content[split])] for split in SPLITS
    }
    if len({cloud.shape for rows in episode.values() for cloud, _, _ in rows}) > 1:
        raise UsageError(f'{path} has clouds of several shapes: {AGAIN}')
    counts = {split: np.bincount([label for _, label, _ in rows], minlength=ways) for split, rows in episode.items()}
    if set(counts['train'].tolist()) != {shots} or counts['test'].min() < 1:
        found = f'{counts["train"].tolist()} and {counts["test"].tolist()}'
        raise UsageError(
            f'{path} must have {shots} training objects and some to test of every class, not {found}: {AGAIN}'
        )
    return episode


def _row(row: Any, what: str, ways: int) -> tuple[np.ndarray, int, Any]:
    """Return a row of an episode after a look at its shape and label."""
    if not isinstance(row, tuple | list) or len(row) != 3:
        raise UsageError(f'{what} must be (points, label, class): {AGAIN}')
    cloud, label, kind = row
    if not isinstance(cloud, np.ndarray) or cloud.ndim != 2 or cloud.shape[1] not in (3, 6) or cloud.dtype.kind != 'f':
        raise UsageError(
            f'{what} must have points of shape (N, 6), floats, not {getattr(cloud, "shape", cloud)!s:.60}: {AGAIN}'
        )
    number = np.asarray(label)
    if number.size != 1 or number.dtype.kind not in 'iu' or not 0 <= number.item() < ways:
        raise UsageError(f'{what} has the label {label!s:.60}, expected 0 to {ways - 1}: {AGAIN}')
    return cloud, int(number.item()), kind


def _class_names(episode: dict[str, list[tuple[np.ndarray, int, Any]]], ways: int, path: Path) -> tuple[str, ...]:
    """Return the name of every label of the episode."""
    forty = readable_classes(40)
    names: dict[int, str] = {}
    for split, rows in episode.items():
        for row, (_, label, kind) in enumerate(rows):
            number = np.asarray(kind)
            if number.size == 1 and number.dtype.kind in 'iu' and 0 <= number.item() < len(forty):
                name = forty[number.item()]
            elif isinstance(kind, str):
                name = readable(kind)
            else:
                raise UsageError(f'{path} {split} row {row} has the class {kind!s:.60}, expected 0 to 39: {AGAIN}')
            if names.setdefault(label, name) != name:
                raise UsageError(f'{path} {split} row {row} has label {label} for {name} and {names[label]}: {AGAIN}')
    return tuple(names[label] for label in range(ways))
