"""From a mesh to what a dataset needs of it: points, normals, colors, views."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.mesh import FloatArray
from zoo.datasets.meshes.painted import UP, PaintedMesh, normal_form
from zoo.datasets.meshes.sampling import sample_surface, to_unit_sphere
from zoo.datasets.meshes.signature import signature, thinness
from zoo.datasets.meshes.views import view
from zoo.errors import UsageError
from zoo.io import write_whole

Baked = dict[str, NDArray[Any]]
"""``points (N, 3)`` float32, ``normals (N, 3)`` float32, ``colors (N, 3)`` uint8, ``views (V, H, W, 3)`` uint8."""

BYSTANDERS = {'__init__', 'pool', 'render_folder', 'scan', 'sheet', 'store', 'worker'}
"""Modules that have no say in what comes out."""


@functools.cache
def version() -> str:
    """Return a digest of the code that makes points and pictures, so that nothing of an older one is ever read."""
    total = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob('*.py')):
        if path.stem not in BYSTANDERS:
            total.update(path.read_bytes())
    return total.hexdigest()[:12]


@dataclass(frozen=True)
class Recipe:
    """What is made of every mesh; equal recipes make equal arrays.

    Attributes:
        num_points: Number of points N, drawn uniformly by area.
        views: V, pictures of every mesh, 0 for none.
        image_size: Side of a picture in pixels.
        up: Axis that points up in the files, 'y' or 'z'.
        seed: Random seed of the points and the views.
        version: Version of the code.

    Raises:
        UsageError: A number makes no sense, or another axis.
    """

    num_points: int = 2048
    views: int = 0
    image_size: int = 128
    up: str = 'y'
    seed: int = 0
    version: str = dataclasses.field(default_factory=version)

    def __post_init__(self) -> None:
        for key, least in (('num_points', 1), ('views', 0), ('image_size', 1), ('seed', 0)):
            if getattr(self, key) < least:
                raise UsageError(f'{key} must be at least {least}, got {getattr(self, key)}')
        if self.up not in UP:
            raise UsageError(f'up={self.up!r} is no axis that meshes are turned from: choose one of {", ".join(UP)}')

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as JSON can hold it."""
        return dataclasses.asdict(self)


def bake(item: PaintedMesh, recipe: Recipe, name: str) -> Baked:
    """Sample and draw a mesh; nothing enters but the arguments.

    Args:
        item: The mesh in the frame of its file.
        recipe: Points and views that are made.
        name: Tells objects apart, together with the seed of the recipe: each has its own randomness.
    """
    upright = normal_form(item, recipe.up)
    words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype='<u4').tolist()
    point_stream, *view_streams = (
        np.random.Generator(np.random.PCG64(child))
        for child in np.random.SeedSequence([recipe.seed, *words]).spawn(1 + recipe.views)
    )
    points, normals, face = sample_surface(upright.mesh, upright.normals, recipe.num_points, point_stream)
    size = recipe.image_size
    views = [view(upright, size, number, recipe.views, stream) for number, stream in enumerate(view_streams)]
    return {
        'points': _settled(to_unit_sphere(points)),
        'normals': _settled(normals),
        'colors': (upright.color[face] * 255 + 0.5).astype(np.uint8),
        'views': np.stack(views) if views else np.empty((0, size, size, 3), dtype=np.uint8),
    }


def _settled(values: FloatArray) -> NDArray[np.float32]:
    """Return numbers up to 1 without what rounding leaves of a zero, which differs from one processor to the next."""
    return (values.round(7) + 0.0).astype(np.float32)


def traits(item: PaintedMesh, recipe: Recipe) -> dict[str, Any]:
    """Return ``signature`` and ``thinness`` of a mesh, by which near-duplicates and sheets are known."""
    upright = normal_form(item, recipe.up).mesh
    return {'signature': signature(upright), 'thinness': thinness(upright)}


def digest(baked: Baked) -> str:
    """Return the SHA-256 of what was made of a mesh, in hex."""
    total = hashlib.sha256()
    for key, values in sorted(baked.items()):
        total.update(f'{key} {values.dtype} {values.shape}'.encode())
        total.update(np.ascontiguousarray(values).tobytes())
    return total.hexdigest()


def write_arrays(path: Path, arrays: Baked) -> None:
    """Write an .npz file in one step: it is there whole or not at all."""
    write_whole(path, lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]
