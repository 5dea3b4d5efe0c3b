"""From an order to arrays: which objects are to be made, and a stretch of them at a time."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.mesh import FloatArray, IntArray
from zoo.datasets.meshes.render import render
from zoo.datasets.meshes.sampling import sample_surface, to_unit_sphere
from zoo.datasets.procedural.shapes import SHAPES, ProceduralObject, assemble, random_streams
from zoo.datasets.scans import scan

CHUNK = 60
"""Objects that are made and written at a time."""

NO_RECIPES = {'__init__', 'cache', 'chunks', 'contact_sheet', 'dataset', 'variant_sheet', 'worker'}
"""Modules of the folders of recipes that have no say in what an object looks like."""

SURFACES = ('camera', 'mesh', 'rasterize', 'render', 'sampling')
"""Modules of ``zoo.datasets.meshes`` that do; the others read files."""

BACKGROUND = 255
"""What is stored as the part of a point that belongs to no object."""

NEIGHBOURS = (1, 3)
"""Fewest and most objects that stand next to the one that is scanned."""

NEIGHBOUR_POOL = 1000
"""The neighbors are among the first so many objects of every class of the same split and seed."""

Row = dict[str, NDArray[Any]]
Cloud = tuple[FloatArray, FloatArray, IntArray]
"""Points, normals and parts."""


@functools.cache
def generator() -> str:
    """Return the version of the recipes: a digest of their sources, so that no cache of older ones is ever read."""
    here = Path(__file__).parent
    sources = [path for folder in (here, here.parent / 'scans') for path in sorted(folder.rglob('*.py'))]
    sources = [path for path in sources if path.stem not in NO_RECIPES]
    sources += [here.parent / 'meshes' / f'{name}.py' for name in SURFACES]
    return hashlib.sha256(b''.join(path.read_bytes() for path in sources)).hexdigest()[:12]


@dataclass(frozen=True)
class Order:
    """What is to be made; equal orders give equal arrays.

    Attributes:
        split: 'train', 'val' or 'test'.
        num_objects: S; object i has class ``i % len(classes)``.
        num_points: Number of points N.
        image_size: Side of the pictures in pixels.
        views: Number of pictures of every object V, 0 for none.
        seed: Random seed of the dataset.
        classes: Class names; the label is the position.
        variant: 'cad' samples the whole surface, inside and out; all others are scans, see ``zoo.datasets.scans``.
        generator: Version of the recipes.
    """

    split: str
    num_objects: int
    num_points: int
    image_size: int
    views: int
    seed: int
    classes: tuple[str, ...]
    variant: str = 'cad'
    generator: str = dataclasses.field(default_factory=generator)

    @property
    def key(self) -> str:
        """Digest of the order."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:20]

    @property
    def starts(self) -> range:
        """First objects of the chunks."""
        return range(0, self.num_objects, CHUNK)

    def layout(self, count: int) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
        """Return shape and type of every array that ``count`` objects fill."""
        points, size = self.num_points, self.image_size
        return {
            'points': ((count, points, 3), np.dtype(np.float32)),
            'normals': ((count, points, 3), np.dtype(np.float16)),
            'parts': ((count, points), np.dtype(np.uint8)),
            'images': ((count, self.views, size, size, 3), np.dtype(np.uint8)),
        }

    def to_json(self) -> str:
        """Return the order as text, from which ``from_json`` makes an equal one."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Order:
        """Read an order that ``to_json`` wrote."""
        values = json.loads(text)
        return cls(**{**values, 'classes': tuple(values['classes'])})


def make_one(order: Order, index: int) -> tuple[Row, str]:
    """Return the arrays of one object and its caption; nothing enters but the arguments."""
    name = order.classes[index % len(order.classes)]
    shape_rng, point_rng, view_rng = random_streams(name, order.seed, order.split, index // len(order.classes))
    item = assemble(SHAPES[name], shape_rng)
    points, normals, part = (_sampled if order.variant == 'cad' else _scanned)(order, item, point_rng)
    pictures = [render(item, order.image_size, view_rng) for _ in range(order.views)]
    blank = np.empty((0, order.image_size, order.image_size, 3))
    row = {
        'points': points,
        'normals': normals,
        'parts': part,
        'images': np.stack(pictures) if pictures else blank,
    }
    return row, item.caption


def _sampled(order: Order, item: ProceduralObject, rng: np.random.Generator) -> Cloud:
    """Return points, normals and parts of the whole surface."""
    points, normals, face = sample_surface(item.mesh, item.normals, order.num_points, rng)
    return to_unit_sphere(points), normals, item.part[face]


def _scanned(order: Order, item: ProceduralObject, rng: np.random.Generator) -> Cloud:
    """Return points, normals and parts of a scan; its neighbors may be of any class, whichever are in the order."""
    around = []
    for _ in range(rng.integers(NEIGHBOURS[0], NEIGHBOURS[1] + 1)):
        name = sorted(SHAPES)[rng.integers(len(SHAPES))]
        stream = random_streams(name, order.seed, order.split, int(rng.integers(NEIGHBOUR_POOL)))[0]
        around.append(assemble(SHAPES[name], stream).mesh)
    seen = scan(item.mesh, around, order.variant, order.num_points, rng)
    return seen.points, seen.normals, np.where(seen.face < 0, BACKGROUND, item.part[seen.face])


def make_chunk(order: Order, start: int) -> Row:
    """Return the arrays of up to ``CHUNK`` objects from ``start`` on, their captions among them."""
    count = min(CHUNK, order.num_objects - start)
    chunk = {name: np.empty(shape, dtype) for name, (shape, dtype) in order.layout(count).items()}
    captions = []
    for i in range(count):
        row, caption = make_one(order, start + i)
        captions.append(caption)
        for name, values in row.items():
            chunk[name][i] = values
    return {**chunk, 'captions': np.array(captions)}
