"""Several datasets as one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo.datasets.base import ObjectDataset
from zoo.datasets.prepared.read import choose_points
from zoo.errors import UsageError
from zoo.registry import DATASETS


@DATASETS.register_module()
class ObjectUnion(ObjectDataset):
    """The objects of several datasets, one set after the other.

    Classes are joined by name: a class that two sets share is one class. Every set must have what the union shall
    have. Of larger clouds the same random points are taken every time; sets with fewer pictures of an object show them
    more often.

    Args:
        datasets: The sets, or their configs.
        images: Whether batches carry pictures.
        texts: Texts in batches, see ``ObjectDataset``.
        num_points: Number of points of every cloud; by default that of the first cloud of the set with the smallest.
            Smaller clouds repeat some.
        image_pipeline: Configs of image transforms, see ``ObjectDataset``.

    Raises:
        UsageError: There is no set, or the sets do not fit each other.
    """

    def __init__(
        self,
        datasets: Sequence[ObjectDataset | dict[str, Any]],
        *,
        images: bool = False,
        texts: bool | str = False,
        num_points: int | None = None,
        image_pipeline: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(images=images, texts=texts, image_pipeline=image_pipeline)
        if not datasets:
            raise UsageError('a union needs at least one dataset')
        self.members = [DATASETS.build(member) if isinstance(member, dict) else member for member in datasets]
        self.starts = np.cumsum([0, *(len(member) for member in self.members)])
        views = [member.num_views for member in self.members]
        if images and not min(views):
            name = type(self.members[views.index(0)]).__name__
            raise UsageError(
                f'{name} has no pictures, which the union shall have: build it with images, or leave it out'
            )
        self.num_views = max(views) if min(views) else 0
        sizes = [len(member.points(0)) for member in self.members if len(member)]
        self.num_points = num_points or min(sizes, default=0)
        cut = f' {self.num_points}' if set(sizes) - {self.num_points} else ''
        self.classes = tuple(dict.fromkeys(name for member in self.members for name in member.classes))
        self.labels = np.concatenate([_renamed(member, self.classes) for member in self.members])
        self.made_when_read = any(member.made_when_read for member in self.members)
        self.parts = {name: parts for member in self.members for name, parts in member.parts.items()}
        prints = ' '.join(member.fingerprint for member in self.members)
        self.fingerprint = hashlib.sha256(f'union {prints}{cut}'.encode()).hexdigest()

    def locate(self, index: int) -> tuple[ObjectDataset, int]:
        """Return the set that an object is in, and its position there."""
        place = int(np.searchsorted(self.starts, index, side='right')) - 1
        return self.members[place], index - int(self.starts[place])

    def points(self, index: int) -> np.ndarray:
        """Return the points of one object, shape ``(N, 3)``."""
        member, place = self.locate(index)
        return self._taken(member.points(place), index)

    def _taken(self, values: np.ndarray, index: int) -> np.ndarray:
        """Return the values of the points that are taken of a cloud."""
        if len(values) == self.num_points:
            return values
        return values[choose_points(np.array([index]), np.array([len(values)]), self.num_points)[0]]

    def image(self, index: int, view: int) -> np.ndarray:
        """Return one view, uint8 ``(H, W, 3)``."""
        member, place = self.locate(index)
        return member.image(place, view % member.num_views)

    def caption(self, index: int) -> str:
        """Return the caption of one object."""
        member, place = self.locate(index)
        return member.caption(place)

    def text(self, index: int) -> str:
        """Return the text about one object that batches carry."""
        member, place = self.locate(index)
        return super().text(index) if isinstance(self.texts, str) else member.text(place)

    @property
    def own_text(self) -> str:
        """Which texts the captions are; those of several sets may differ."""
        return ' and '.join(dict.fromkeys(member.own_text for member in self.members))

    def part(self, index: int) -> np.ndarray | None:
        """Return the part of every point, shape ``(N,)``, or None."""
        member, place = self.locate(index)
        part = member.part(place)
        return None if part is None else self._taken(part, index)

    def normals(self, index: int) -> np.ndarray | None:
        """Return the unit normals at the points, shape ``(N, 3)``, or None."""
        member, place = self.locate(index)
        normals = member.normals(place)
        return None if normals is None else self._taken(normals, index)

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
