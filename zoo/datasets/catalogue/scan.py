"""One pass over the objects of a dataset, which keeps of every object what the checks need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from zoo.datasets.base import ObjectDataset
from zoo.datasets.catalogue.axes import support
from zoo.datasets.meshes.files import SUFFIXES
from zoo.errors import UsageError
from zoo.io import file_hash

AXES_FROM = 400
"""Objects of a part from which the axes are told, spread over all of it."""

FEW = 2000
"""Objects that are read sooner than helping processes have started."""


@dataclass(frozen=True)
class Probe:
    """What is kept of one object.

    Attributes:
        index: Position in the dataset.
        points: Number of points N.
        distinct: Number of different points among them.
        content: Digest of the points, in whatever order they come.
        identity: Digest that two copies of an object share: that of the content, or of the file where points are drawn
            from a mesh.
        radius: Distance of the farthest point from the origin.
        offset: Distance of the center of the points from the origin.
        support: Result of ``axes.support``; None for most objects.
        error: Reason why the object cannot be used, empty when it can.
    """

    index: int
    points: int = 0
    distinct: int = 0
    content: bytes = b''
    identity: bytes = b''
    radius: float = 0.0
    offset: float = 0.0
    support: np.ndarray | None = None
    error: str = ''


def scan(
    dataset: ObjectDataset, indices: Sequence[int], *, workers: int = 0, progress: str | None = None
) -> list[Probe]:
    """Read objects once each.

    Args:
        dataset: The dataset that is read.
        indices: Positions of the objects.
        workers: Number of processes that help to read, 0 for none.
        progress: Title of a progress bar, which a terminal shows and a file does not; None for no bar.

    Returns:
        One probe an object, those that cannot be read included.
    """
    probes = _Probes(dataset, indices)
    helpers = workers if len(indices) > FEW else 0
    loader: Iterable[Probe] = DataLoader(probes, batch_size=None, num_workers=helpers) if helpers else _each(probes)
    hidden = None if progress else True
    return list(tqdm(loader, total=len(indices), desc=progress, unit='object', leave=False, disable=hidden))


def _each(probes: _Probes) -> Iterator[Probe]:
    for position in range(len(probes)):
        yield probes[position]


class _Probes(Dataset[Probe]):
    """Objects of a dataset, as probes."""

    def __init__(self, dataset: ObjectDataset, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices
        self.upright = set(np.linspace(0, max(len(indices) - 1, 0), AXES_FROM).astype(int).tolist())
        self.parts = part_numbers(dataset)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, position: int) -> Probe:
        index = int(self.indices[position])
        try:
            return self._probe(index, position in self.upright)
        except UsageError as error:  # kept, so that one bad file does not hide the next
            return Probe(index, error=str(error))

    def _probe(self, index: int, with_support: bool) -> Probe:
        """Read one object, everything in one go: some readers open the file again for another question."""
        where = np.array([index])
        cloud = np.asarray(self.dataset.gather_points(where))[0].astype(np.float32)
        self._check_points(cloud, index)
        parts = self.dataset.gather_parts(where)
        if parts is not None:
            self._check_parts(np.asarray(parts)[0], len(cloud), index)
        if self.dataset.images:
            for view in range(self.dataset.num_views):
                self._check_image(self.dataset.image(index, view), view, index)
        keys = _keys(cloud)
        content = _content(keys)
        return Probe(
            index=index,
            points=len(cloud),
            distinct=len(np.unique(keys)),
            content=content,
            identity=_file_digest(self.dataset.source(index)) or content,
            radius=float(np.sqrt(np.square(cloud).sum(axis=1).max())),
            offset=float(np.linalg.norm(cloud.mean(axis=0, dtype=np.float64))),
            support=support(cloud) if with_support else None,
        )

    def _check_points(self, cloud: np.ndarray, index: int) -> None:
        if cloud.ndim != 2 or cloud.shape[1] != 3 or not len(cloud):
            raise UsageError(f'{self.dataset.source(index)} has points of shape {cloud.shape} instead of (N, 3)')
        if not np.isfinite(cloud).all():
            raise UsageError(f'{self.dataset.source(index)} has NaN or infinity among its points')

    def _check_parts(self, parts: np.ndarray, points: int, index: int) -> None:
        if parts.shape != (points,) or parts.dtype.kind not in 'iu':
            raise UsageError(f'{self.dataset.source(index)} has parts of shape {parts.shape} for {points} points')
        label = int(self.dataset.labels[index])
        allowed = self.parts.get(self.dataset.classes[label]) if 0 <= label < len(self.dataset.classes) else None
        if parts.min() < 0 or (allowed is not None and not np.isin(parts, list(allowed)).all()):
            raise UsageError(f'{self.dataset.source(index)} has parts that its class does not have')

    def _check_image(self, picture: np.ndarray, view: int, index: int) -> None:
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            found = f'{picture.dtype} {picture.shape}'
            raise UsageError(f'{self.dataset.source(index)} has picture {view} as {found} instead of uint8 (H, W, 3)')


def part_numbers(dataset: ObjectDataset) -> dict[str, frozenset[int]]:
    """Return the part labels that objects of each class may have; empty when the dataset does not say.

    Datasets name the parts of a class, so that a label is a position, or list the labels themselves.
    """
    parts: Any = getattr(dataset, 'parts', None)
    if not isinstance(parts, dict):
        return {}
    return {
        str(name): frozenset(int(part) for part in known)
        if known and all(isinstance(part, int) for part in known)
        else frozenset(range(len(known)))
        for name, known in parts.items()
    }


def _keys(cloud: np.ndarray) -> np.ndarray:
    """Return a number for every point that equal points share, uint64 ``(N,)``."""
    bits = np.ascontiguousarray(cloud + np.float32(0)).view(np.uint32).astype(np.uint64)  # -0.0 is 0.0
    mixed = bits[:, 0]
    for column in (bits[:, 1], bits[:, 2]):
        mixed = _mix(mixed) ^ column
    return _mix(mixed)


def _mix(values: np.ndarray) -> np.ndarray:
    """Spread 64-bit numbers (the finaliser of splitmix64, which is one-to-one)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _file_digest(source: str) -> bytes:
    """Return the digest of a mesh, empty for anything else: points drawn from two copies of a mesh differ."""
    if not source.lower().endswith(SUFFIXES):
        return b''
    try:
        return bytes.fromhex(file_hash(source))
    except OSError:
        return b''


def _content(keys: np.ndarray) -> bytes:
    """Return a digest of points that does not depend on their order, 24 bytes."""
    sums = [len(keys), int(keys.sum(dtype=np.uint64)), int(_mix(keys ^ np.uint64(0x9E3779B97F4A7C15)).sum())]
    return b''.join(value.to_bytes(8, 'little') for value in sums)
