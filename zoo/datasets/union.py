"""Several datasets as one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo.datasets.base import ObjectDataset
from zoo.errors import UsageError
from zoo.registry import DATASETS


@DATASETS.register_module()
class ObjectUnion(ObjectDataset):
    """The objects of several datasets, one set after the other.

    Classes are joined by name: a class that two sets share is one class. Every set must have what the union shall
    have, and clouds must have one number of points.

    Args:
        datasets: The sets, or their configs.
        images: Batches carry pictures; all sets must have as many views.
        texts: Batches carry captions.
        image_pipeline: See ``ObjectDataset``.

    Raises:
        UsageError: There is no set, or the sets do not fit each other.
    """

    def __init__(
        self,
        datasets: Sequence[ObjectDataset | dict[str, Any]],
        *,
        images: bool = False,
        texts: bool = False,
        image_pipeline: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(images=images, texts=texts, image_pipeline=image_pipeline)
        if not datasets:
            raise UsageError('a union needs at least one dataset')
        self.members = [DATASETS.build(member) if isinstance(member, dict) else member for member in datasets]
        self.starts = np.cumsum([0, *(len(member) for member in self.members)])
        views = {member.num_views for member in self.members}
        if images and len(views) > 1:
            raise UsageError(f'datasets with {min(views)} and {max(views)} views of an object cannot be one set')
        self.num_views = min(views)
        self.classes = tuple(dict.fromkeys(name for member in self.members for name in member.classes))
        self.labels = np.concatenate([_renamed(member, self.classes) for member in self.members])
        self.parts = {name: parts for member in self.members for name, parts in member.parts.items()}
        prints = ' '.join(member.fingerprint for member in self.members)
        self.fingerprint = hashlib.sha256(f'union {prints}'.encode()).hexdigest()

    def locate(self, index: int) -> tuple[ObjectDataset, int]:
        """Return the set that an object is in, and its position there."""
        place = int(np.searchsorted(self.starts, index, side='right')) - 1
        return self.members[place], index - int(self.starts[place])

    def points(self, index: int) -> np.ndarray:
        """Return the points of one object, shape ``(N, 3)``."""
        member, place = self.locate(index)
        return member.points(place)

    def image(self, index: int, view: int) -> np.ndarray:
        """Return one view, uint8 ``(H, W, 3)``."""
        member, place = self.locate(index)
        return member.image(place, view)

    def caption(self, index: int) -> str:
        """Return the caption of one object."""
        member, place = self.locate(index)
        return member.caption(place)

    def part(self, index: int) -> np.ndarray | None:
        """Return the part of every point, shape ``(N,)``, or None."""
        member, place = self.locate(index)
        return member.part(place)

    def normals(self, index: int) -> np.ndarray | None:
        """Return the unit normals at the points, shape ``(N, 3)``, or None."""
        member, place = self.locate(index)
        return member.normals(place)

    def source(self, index: int) -> str:
        """Return what messages call an object."""
        member, place = self.locate(index)
        return member.source(place)

    def info(self, index: int) -> dict[str, Any]:
        """Return what else is known of an object."""
        member, place = self.locate(index)
        return member.info(place)


def _renamed(member: ObjectDataset, classes: tuple[str, ...]) -> np.ndarray:
    """Labels of a set as positions in the classes of the union, int64, shape ``(S,)``."""
    if not member.classes:
        return np.full(len(member), -1, dtype=np.int64)
    # The last entry takes the labels -1.
    table = np.array([*(classes.index(name) for name in member.classes), -1], dtype=np.int64)
    return table[member.labels]
