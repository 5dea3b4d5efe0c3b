"""The built-in generator as a stream."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from zoo.datasets.base import ObjectDataset
from zoo.datasets.meshes.render import render
from zoo.datasets.meshes.sampling import sample_surface, to_unit_sphere
from zoo.datasets.procedural.dataset import order_of, parts_of
from zoo.datasets.procedural.generate import Order, make_one
from zoo.datasets.procedural.shapes import SHAPES, assemble, random_streams
from zoo.datasets.stream.free import FREE, NAME
from zoo.errors import UsageError
from zoo.registry import DATASETS


class Made(NamedTuple):
    """One object: float32 ``(N, 3)`` twice, int64 ``(N,)`` or None, uint8 ``(V, H, W, 3)``, text."""

    points: np.ndarray
    normals: np.ndarray
    part: np.ndarray | None
    images: np.ndarray
    caption: str


@DATASETS.register_module()
class ProceduralStream(ObjectDataset):
    """New objects for as long as a run lasts: made by whoever reads them, kept nowhere.

    Object i depends on the seed, the split, ``start + i`` and the classes alone: in whatever process and order it is
    read, it is object ``start + i`` of ``ProceduralShapes`` of the same arguments. So splits and seeds share none, and
    a class that is left out is never seen. The length is that of the run: a training of one epoch meets every object
    once. Frozen teachers stay in the training step, because a feature bank would need all objects first.

    Free objects have no meaning: random primitives and height fields, joined and cut by booleans, bent, or drawn as
    wires, as arXiv 2411.17467 pretrains on. Their text is 'object', their label -1, and they have no parts.

    Args:
        split: 'train', 'val' or 'test'.
        num_objects: S, the samples of the run.
        start: Number of the first object.
        free: Whether objects are free ones instead of those of classes.
        num_points: Number of points of every object N; 1024 by default, 2048 for scans.
        image_size: Side of the pictures in pixels.
        seed: Another seed gives other objects.
        classes: Names of the classes; all of them by default.
        variant: As in ``ProceduralShapes``; free objects are sampled as 'cad' is.
        images: Whether batches carry a picture of every object, from a viewpoint of its own.
        texts: Texts about every object in batches, see ``ObjectDataset``.
        image_pipeline: Configs of image transforms, see ``ObjectDataset``.

    Raises:
        UsageError: Unknown split, class or variant, a number that makes no sense, or free objects of classes.
    """

    made_when_read = True

    def __init__(
        self,
        split: str = 'train',
        num_objects: int = 1_000_000,
        *,
        start: int = 0,
        free: bool = False,
        num_points: int | None = None,
        image_size: int = 128,
        seed: int = 0,
        classes: Sequence[str] | None = None,
        variant: str = 'cad',
        images: bool = False,
        texts: bool | str = False,
        image_pipeline: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(images=images, texts=texts, image_pipeline=image_pipeline)
        if start < 0 or seed < 0:
            raise UsageError(f'ProceduralStream: start {start} and seed {seed} must not be negative')
        if free and (classes is not None or variant != 'cad'):
            raise UsageError(
                'ProceduralStream: free objects have neither classes nor scans: leave out one or the other'
            )
        self.order = order_of(split, num_objects, num_points, image_size, int(images), seed, classes, variant)
        self.num_views, self.start, self.free = self.order.views, start, free
        if free:
            self.labels = np.full(num_objects, -1)
        else:
            self.classes = self.order.classes
            self.labels = (start + np.arange(num_objects)) % len(self.classes)
            self.parts = {name: SHAPES[name].part_names for name in self.classes}
        # Nothing is read beforehand: what the objects are made by stands for what they are.
        recipes = [path.read_bytes() for path in sorted(Path(__file__).parent.glob('*.py'))] if free else []
        made_by = b''.join([self.order.to_json().encode(), f' from {start}'.encode(), *recipes])
        self.fingerprint = hashlib.sha256(made_by).hexdigest()
        self._kept: dict[int, Made] = {}

    def points(self, index: int) -> np.ndarray:
        """Return the surface points of one object, float32 ``(N, 3)``."""
        return self._made([index])[0].points.copy()

    def normals(self, index: int) -> np.ndarray:
        """Return the unit normals at the points of one object, float32 ``(N, 3)``: outward, or towards the camera."""
        return self._made([index])[0].normals.copy()

    def image(self, index: int, view: int) -> np.ndarray:
        """Return the picture of one object, uint8 RGB ``(H, W, 3)``; there is one view."""
        return self._made([index])[0].images[view].copy()

    def caption(self, index: int) -> str:
        """Return the sentence written from the object's parameters, or 'object'."""
        return self._made([index])[0].caption

    @property
    def own_text(self) -> str:
        """Which of ``TEXTS`` a caption is."""
        return 'class name' if self.free else 'caption'

    def part(self, index: int) -> np.ndarray | None:
        """Return the part of every point, int64 ``(N,)``; -1 for the background of a scan, None for free objects."""
        part = self._made([index])[0].part
        return None if part is None else part.copy()

    def gather_points(self, indices: np.ndarray) -> np.ndarray:
        """Return the clouds of many objects, ``(B, N, 3)``."""
        return np.stack([made.points for made in self._made(indices.tolist())])

    def _made(self, indices: Iterable[int]) -> list[Made]:
        """Make objects, or take them from the latest batch, whose points, pictures and texts are asked for in turn."""
        kept, wanted = self._kept, list(indices)
        if not kept.keys() >= set(wanted):
            kept = self._kept = {index: kept.get(index) or self._make(index) for index in dict.fromkeys(wanted)}
        return [kept[index] for index in wanted]

    def _make(self, index: int) -> Made:
        place = self.start + index
        if self.free:
            return make_free(self.order, place)
        row, caption = make_one(self.order, place)
        points, normals = row['points'].astype(np.float32), row['normals'].astype(np.float32)
        return Made(points, normals, parts_of(row['parts']), row['images'], caption)


def make_free(order: Order, place: int) -> Made:
    """Make one free object; nothing enters but the arguments, and of the order no classes."""
    shape_rng, point_rng, view_rng = random_streams(NAME, order.seed, order.split, place)
    item = assemble(FREE, shape_rng)
    points, normals, _ = sample_surface(item.mesh, item.normals, order.num_points, point_rng)
    images = np.array([render(item, order.image_size, view_rng) for _ in range(order.views)])
    return Made(to_unit_sphere(points).astype(np.float32), normals.astype(np.float32), None, images, item.caption)
