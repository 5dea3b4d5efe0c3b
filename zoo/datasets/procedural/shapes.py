"""From a class name and a seed to an object: the registry of shapes and what they have in common."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.captions import readable
from zoo.datasets.meshes.mesh import FloatArray, IntArray, Mesh, Point, face_areas, join, vertex_normals
from zoo.datasets.procedural.colors import Paint
from zoo.datasets.procedural.draw import Draw
from zoo.errors import UsageError

SPLITS = ('train', 'val', 'test')
STRETCH = 0.4
"""Every axis is scaled by exp(s), s uniform within this bound, so that proportions alone do not tell the class."""


@dataclass
class Parts:
    """Collects the painted surface parts of one object."""

    names: tuple[str, ...]
    meshes: list[Mesh] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    paints: list[Paint] = field(default_factory=list)

    def add(
        self,
        name: str,
        paint: Paint,
        *surfaces: Mesh | Iterable[Mesh],
        turn: tuple[str, float] | None = None,
        at: Point = (0.0, 0.0, 0.0),
    ) -> None:
        """Add surfaces to the named part.

        Args:
            name: One of ``names``.
            paint: Color of the surfaces.
            surfaces: Meshes, or lists of them.
            turn: Axis and angle in radians by which all are turned about the origin.
            at: Offset by which all are moved after that.
        """
        label = self.names.index(name)
        for surface in surfaces:
            for mesh in [surface] if isinstance(surface, Mesh) else surface:
                turned = mesh.turned(*turn) if turn else mesh
                self.meshes.append(turned.moved(*at))
                self.labels.append(label)
                self.paints.append(paint)


Recipe = Callable[[Draw, Any, Parts], str]
"""Gets the sizes by name, draws what else varies, adds the surfaces, returns the caption."""


@dataclass(frozen=True)
class Shape:
    """A class of objects: its recipe, the names of its parts, the ranges of its continuous parameters."""

    name: str
    part_names: tuple[str, ...]
    ranges: dict[str, tuple[float, float]]
    recipe: Recipe


SHAPES: dict[str, Shape] = {}


def shape(name: str, part_names: Sequence[str], **ranges: tuple[float, float]) -> Callable[[Recipe], Recipe]:
    """Register a recipe.

    Args:
        name: The class name.
        part_names: Names of the parts, in the order of their labels.
        ranges: Continuous parameters, each uniform in its range; lengths in metres, angles in radians.
    """

    def register(recipe: Recipe) -> Recipe:
        SHAPES[name] = Shape(name, tuple(part_names), ranges, recipe)
        return recipe

    return register


@dataclass(frozen=True)
class ProceduralObject:
    """One object, centered on its surface, its farthest vertex at distance 1, y up, front towards +z.

    Attributes:
        class_name: Its class.
        mesh: V vertices, F triangles.
        normals: Unit vertex normals, shape ``(V, 3)``.
        part: Part of every triangle, an index into ``part_names``, shape ``(F,)``.
        part_names: Names of the parts of the class; an object need not have all of them.
        color: RGB of every triangle in [0, 1], shape ``(F, 3)``.
        clear: Whether one half sees through a triangle, shape ``(F,)``.
        caption: A sentence about it, in which the class name occurs.
        params: Every parameter by name; floats are continuous.
    """

    class_name: str
    mesh: Mesh
    normals: FloatArray
    part: IntArray
    part_names: tuple[str, ...]
    color: FloatArray
    clear: NDArray[np.bool_]
    caption: str
    params: dict[str, Any]


def class_key(name: str) -> str:
    """Return the class of this name, in whatever spelling.

    Raises:
        UsageError: There is none.
    """
    key = readable(name)
    if key not in SHAPES:
        raise UsageError(f'ProceduralShapes has no class {name!r}: choose from {", ".join(sorted(SHAPES))}')
    return key


def split_key(split: str) -> int:
    """Return the position of a split.

    Raises:
        UsageError: There is no such split.
    """
    if split not in SPLITS:
        raise UsageError(f'ProceduralShapes has no split {split!r}: choose from {", ".join(SPLITS)}')
    return SPLITS.index(split)


def random_streams(class_name: str, seed: int, split: str, ordinal: int) -> list[np.random.Generator]:
    """Return the three independent generators of one object: of its shape, its points and its views.

    Nothing but the arguments enters: not the number of objects, nor which other classes there are.

    Raises:
        UsageError: The seed or the ordinal is negative, or the split is unknown.
    """
    if seed < 0 or ordinal < 0:
        raise UsageError(f'ProceduralShapes: seed {seed} and index {ordinal} must not be negative')
    entropy = (seed, split_key(split), zlib.crc32(class_name.encode()), ordinal)
    return [np.random.Generator(np.random.PCG64(child)) for child in np.random.SeedSequence(entropy).spawn(3)]


def make_object(class_name: str, seed: int = 0, *, split: str = 'train', index: int = 0) -> ProceduralObject:
    """Make one object.

    Args:
        class_name: One of ``CLASSES``; underscores for spaces are fine.
        seed: Seed of the dataset.
        split: 'train', 'val' or 'test', which never share an object.
        index: Number of the object in its class, from 0.

    Raises:
        UsageError: Unknown class or split, or a negative number.
    """
    key = class_key(class_name)
    return assemble(SHAPES[key], random_streams(key, seed, split, index)[0])


def assemble(kind: Shape, rng: np.random.Generator) -> ProceduralObject:
    """Run the recipe of a class and bring the result into its normal form."""
    draw, parts = Draw(rng, {}), Parts(kind.part_names)
    caption = kind.recipe(draw, draw.sizes(kind.ranges), parts)
    stretch = [float(np.exp(draw.size(f'stretch_{axis}', -STRETCH, STRETCH))) for axis in 'xyz']
    whole = join(parts.meshes)
    counts = [len(mesh.faces) for mesh in parts.meshes]
    part = np.repeat(parts.labels, counts)
    color = np.repeat([paint.rgb for paint in parts.paints], counts, axis=0)
    clear = np.repeat([paint.clear for paint in parts.paints], counts)
    mesh, kept = _normal_form(whole.vertices * stretch, whole.faces)
    normals = vertex_normals(mesh.vertices, mesh.faces)
    return ProceduralObject(
        kind.name, mesh, normals, part[kept], kind.part_names, color[kept], clear[kept], caption, dict(draw.values)
    )


def _normal_form(vertices: FloatArray, faces: IntArray) -> tuple[Mesh, NDArray[np.bool_]]:
    """Drop triangles without area (where rings touch), center on the surface, scale to the unit sphere."""
    areas = face_areas(vertices, faces)
    kept = areas > 1e-10 * areas.sum()
    faces = faces[kept]
    centroid = (vertices[faces].mean(axis=1) * areas[kept, None]).sum(axis=0) / areas[kept].sum()
    centered = vertices - centroid
    radius = np.sqrt((centered[faces.ravel()] ** 2).sum(axis=1).max())
    return Mesh(centered / radius, faces), kept
