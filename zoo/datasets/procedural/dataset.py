"""The built-in set as a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zoo.datasets.base import ObjectDataset
from zoo.datasets.procedural.cache import load_objects
from zoo.datasets.procedural.generate import BACKGROUND, Order
from zoo.datasets.procedural.shapes import SHAPES, class_key, split_key
from zoo.datasets.scans import VARIANTS as SCANS
from zoo.errors import UsageError
from zoo.registry import DATASETS

VARIANTS = ('cad', *SCANS)
"""'cad': points on the whole surface, inside and out, as sampled from the meshes of a model collection. The others are
scans of the same objects, see ``zoo.datasets.scans.scan``, each harder than the one before."""

POINTS, SCAN_POINTS = 1024, 2048
"""Points of a cloud where nobody says; scans have as many as those of ScanObjectNN."""


@DATASETS.register_module()
class ProceduralShapes(ObjectDataset):
    """Parametric objects of everyday classes: points, parts, shaded pictures, captions; nothing is downloaded.

    Object i has class ``i % len(classes)``, so every prefix is balanced. An object depends on the seed, the split, its
    class and its place in the class alone, not on how many others there are, nor on which other classes; splits never
    share one. A substitute for ShapeNet that says nothing about ShapeNet: tables that use it name it.

    Points are centered, in the unit sphere, y up, the front of the object towards +z; in 'pb_t50_rs' the front looks
    anywhere and the cloud ends short of the sphere. A scan has background points: their part is -1. Its neighbors are
    objects of any class, of the same split and seed. Pictures and captions are those of the object, whatever the
    variant, and object i is the same in all of them.

    Attributes:
        parts: Names of the parts of every class; labels of ``part`` are positions in them.

    Args:
        split: 'train', 'val' or 'test'.
        num_objects: S.
        num_points: Number of points of every object N; 1024 by default, 2048 for scans. 'cad' is uniform by area.
        image_size: Side of the pictures in pixels.
        views: Number of pictures of every object, each from its own viewpoint; made only with ``images``.
        seed: Another seed gives other objects.
        classes: Names of the classes; all of them by default. A label is a position in this list.
        variant: 'cad' samples the whole surface; 'obj_only', 'obj_bg' and 'pb_t50_rs' are scans.
        workers: Number of processes that make what is not cached yet; one per core by default.
        cache_dir: Folder of the cache; ``$ZOO_HOME/procedural`` by default.
        images: Whether batches carry one picture of every object.
        texts: Whether batches carry the caption of every object.
        image_pipeline: Configs of image transforms, see ``ObjectDataset``.

    Raises:
        UsageError: Unknown split, class or variant, or a number that makes no sense.
    """

    def __init__(
        self,
        split: str = 'train',
        num_objects: int = 2150,
        *,
        num_points: int | None = None,
        image_size: int = 128,
        views: int = 1,
        seed: int = 0,
        classes: Sequence[str] | None = None,
        variant: str = 'cad',
        workers: int | None = None,
        cache_dir: str | Path | None = None,
        images: bool = False,
        texts: bool = False,
        image_pipeline: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(images=images, texts=texts, image_pipeline=image_pipeline)
        _check_numbers(views=views)
        order = order_of(split, num_objects, num_points, image_size, views if images else 0, seed, classes, variant)
        self._objects = load_objects(order, None if cache_dir is None else Path(cache_dir), workers)
        self.classes = order.classes
        self.labels = np.arange(num_objects, dtype=np.int64) % len(self.classes)
        self.num_views = order.views
        self.fingerprint = self._objects.fingerprint
        self.parts = {name: SHAPES[name].part_names for name in self.classes}

    def points(self, index: int) -> np.ndarray:
        """Return the surface points of one object, float32 ``(N, 3)``."""
        return np.array(self._objects.points[index])

    def normals(self, index: int) -> np.ndarray:
        """Return the unit normals at the points of one object, float32 ``(N, 3)``: outward, or towards the camera."""
        normals = self._objects.normals[index].astype(np.float32)
        return normals / np.linalg.norm(normals, axis=1, keepdims=True)

    def image(self, index: int, view: int) -> np.ndarray:
        """Return one picture, uint8 RGB ``(H, W, 3)``."""
        return np.array(self._objects.images[index, view])

    def caption(self, index: int) -> str:
        """Return the sentence written from the object's parameters."""
        return self._objects.captions[index]

    def part(self, index: int) -> np.ndarray:
        """Return the part of every point, int64 ``(N,)``; -1 for the background of a scan."""
        return parts_of(self._objects.parts[index])

    def gather_points(self, indices: np.ndarray) -> np.ndarray:
        """Return the clouds of many objects, ``(B, N, 3)``."""
        return self._objects.points[indices]

    def gather_images(self, indices: np.ndarray, views: np.ndarray) -> np.ndarray:
        """Return one picture of each of many objects, ``(B, H, W, 3)``."""
        return self._objects.images[indices, views]

    def gather_parts(self, indices: np.ndarray) -> np.ndarray:
        """Return the parts of many objects, ``(B, N)``."""
        return parts_of(self._objects.parts[indices])


def order_of(
    split: str,
    num_objects: int,
    num_points: int | None,
    image_size: int,
    views: int,
    seed: int,
    classes: Sequence[str] | None,
    variant: str,
) -> Order:
    """Return the order that the arguments of a dataset stand for; see ``ProceduralShapes``.

    Raises:
        UsageError: Unknown split, class or variant, or a number that makes no sense.
    """
    names = _class_names(classes)
    if num_points is None:
        num_points = POINTS if variant == 'cad' else SCAN_POINTS
    _check_numbers(num_objects=num_objects, num_points=num_points, image_size=image_size)
    split_key(split)
    if variant not in VARIANTS:
        raise UsageError(f'ProceduralShapes has no variant {variant!r}: choose from {", ".join(VARIANTS)}')
    return Order(split, num_objects, num_points, image_size, views, seed, names, variant)


def parts_of(stored: np.ndarray) -> np.ndarray:
    """Return stored parts as int64, with -1 for the background."""
    parts = stored.astype(np.int64)
    parts[stored == BACKGROUND] = -1
    return parts


def _class_names(classes: Sequence[str] | None) -> tuple[str, ...]:
    """Return the chosen classes as they are spelt here."""
    if isinstance(classes, str):
        raise UsageError(f'ProceduralShapes: classes must be a list of names, got {classes!r}')
    names = tuple(map(class_key, sorted(SHAPES) if classes is None else classes))
    if not names or len(set(names)) != len(names):
        raise UsageError(f'ProceduralShapes: classes must be distinct names, at least one, got {list(names)}')
    return names


def _check_numbers(**numbers: int) -> None:
    for key, value in numbers.items():
        if value < 1:
            raise UsageError(f'ProceduralShapes: {key} must be at least 1, got {value}')
