"""Solids that know their inside, and what booleans make of two of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from zoo.datasets.meshes.mesh import Curve, FloatArray, IntArray, Mesh, face_areas
from zoo.datasets.procedural.primitives import box, ellipsoid, revolve, rod

Inside = Callable[[FloatArray], FloatArray]
"""From places ``(V, 3)`` to numbers ``(V,)``: negative inside, positive outside, zero at the surface."""

OPERATIONS = {'union': (1, 1), 'difference': (1, -1), 'intersection': (-1, -1)}
"""Which side of the other solid each of the two keeps: 1 its outside, -1 its inside."""

LEAST = 0.3
"""Share of its area that a solid keeps in a boolean; one that would take more is left out."""


@dataclass(frozen=True)
class Solid:
    """A body by its surface, in one piece for every primitive that it is made of, and by its inside."""

    pieces: tuple[Mesh, ...]
    inside: Inside

    @cached_property
    def area(self) -> float:
        """Area of the surface."""
        return float(sum(face_areas(mesh.vertices, mesh.faces).sum() for mesh in self.pieces))

    def placed(self, matrix: FloatArray, offset: FloatArray) -> Solid:
        """Map by a matrix ``(3, 3)`` of positive determinant, then move."""
        back = np.linalg.inv(matrix).T
        pieces = tuple(mesh.bent(lambda vertices: vertices @ matrix.T + offset) for mesh in self.pieces)
        return Solid(pieces, lambda places: self.inside((places - offset) @ back))

    def combined(self, other: Solid, operation: str) -> Solid:
        """Return the union, the difference or the intersection with another; this one if hardly anything is left."""
        own, theirs = OPERATIONS[operation]
        kept = [clipped(mesh, own * other.inside(mesh.vertices)) for mesh in self.pieces]
        added = [clipped(mesh, theirs * self.inside(mesh.vertices)) for mesh in other.pieces]
        if operation == 'difference':  # the wall of a hole looks into it
            added = [Mesh(mesh.vertices, mesh.faces[:, ::-1]) for mesh in added]

        def inside(places: FloatArray) -> FloatArray:
            here, there = self.inside(places), other.inside(places)
            if operation == 'union':
                return np.minimum(here, there)
            return np.maximum(here, -there if operation == 'difference' else there)

        result = Solid((*kept, *added), inside)
        return result if result.area > LEAST * self.area else self


def clipped(mesh: Mesh, values: FloatArray) -> Mesh:
    """Return the part of a mesh where numbers ``(V,)``, linear between the vertices, are positive."""
    positive = (values > 0)[mesh.faces.T]
    count = positive[0].astype(np.int8) + positive[1] + positive[2]  # a sum over an axis of three is slow
    mixed = (count == 1) | (count == 2)
    faces, count = mesh.faces[mixed], count[mixed]
    lone = np.argmax(positive[:, mixed] == (count == 1), axis=0)  # the corner that is alone on its side
    a, b, c = np.take_along_axis(faces, (lone[:, None] + np.arange(3)) % 3, axis=1).T
    ends, which = _edges(np.concatenate([np.stack([a, b], axis=1), np.stack([a, c], axis=1)]))
    share = values[ends[:, 0]] / (values[ends[:, 0]] - values[ends[:, 1]])
    crossing = mesh.vertices[ends[:, 0]] + share[:, None] * (mesh.vertices[ends[:, 1]] - mesh.vertices[ends[:, 0]])
    p, q = len(mesh.vertices) + which.reshape(2, -1)
    tip, base = count == 1, count == 2
    cut = [np.stack([a, p, q], axis=1)[tip], np.stack([p, b, c], axis=1)[base], np.stack([p, c, q], axis=1)[base]]
    faces = np.concatenate([mesh.faces[positive.all(axis=0)], *cut])
    vertices = np.concatenate([mesh.vertices, crossing])
    used = np.zeros(len(vertices), dtype=bool)
    used[faces] = True
    return Mesh(vertices[used], (np.cumsum(used) - 1)[faces])


def subdivided(mesh: Mesh) -> Mesh:
    """Return the same surface with every triangle divided into four."""
    a, b, c = mesh.faces.T
    sides = np.concatenate([np.stack(pair, axis=1) for pair in ((a, b), (b, c), (c, a))])
    ends, which = _edges(sides)
    ab, bc, ca = len(mesh.vertices) + which.reshape(3, -1)
    faces = [np.stack(corners, axis=1) for corners in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    return Mesh(np.concatenate([mesh.vertices, mesh.vertices[ends].mean(axis=1)]), np.concatenate(faces))


def _edges(pairs: IntArray) -> tuple[IntArray, IntArray]:
    """Return the different edges ``(E, 2)`` among pairs of vertices in either order, and the edge of every pair."""
    low, high = np.sort(pairs, axis=1).T
    stride = high.max(initial=0) + 1
    keys, which = np.unique(low * stride + high, return_inverse=True)
    return np.stack([keys // stride, keys % stride], axis=1), which


def wireframe(mesh: Mesh, radius: float) -> Mesh:
    """Return bars along the edges of a mesh."""
    places, merged = np.unique(mesh.vertices.round(6), axis=0, return_inverse=True)
    faces = merged.reshape(-1)[mesh.faces]
    ends, _ = _edges(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]))
    start, end = places[ends[ends[:, 0] != ends[:, 1]]].transpose(1, 0, 2)
    along = end - start
    across = np.cross(np.eye(3)[np.abs(along).argmin(axis=1)], along)
    across *= radius / np.linalg.norm(across, axis=1, keepdims=True)
    second = np.cross(along / np.linalg.norm(along, axis=1, keepdims=True), across)
    bar = rod((0, 0, 0), (0, 0, 1), 1.0, sides=4)
    vertices = start[:, None] + bar.vertices @ np.stack([across, second, along], axis=1)
    steps = len(bar.vertices) * np.arange(len(start))
    return Mesh(vertices.reshape(-1, 3), (bar.faces + steps[:, None, None]).reshape(-1, 3))


@cache
def cube(divisions: int) -> Solid:
    """Return the cube of side 1 with every side divided ``divisions`` times in two."""
    mesh = box(1, 1, 1)
    for _ in range(divisions):
        mesh = subdivided(mesh)
    return Solid((mesh,), lambda places: np.abs(places).max(axis=1) - 0.5)


def ball(sides: int) -> Solid:
    """Return the ball of diameter 1."""
    mesh = ellipsoid(1, 1, 1, sides=sides, rings=sides // 2 + 2)
    return Solid((mesh,), lambda places: np.linalg.norm(places, axis=1) - 0.5)


def cylinder(sides: int) -> Solid:
    """Return the cylinder of diameter and height 1."""
    mesh = revolve(_divided([(0, -0.5), (0.5, -0.5), (0.5, 0.5), (0, 0.5)], sides // 3), sides)
    return Solid((mesh,), lambda places: np.maximum(_radius(places), np.abs(places[:, 1])) - 0.5)


def cone(sides: int) -> Solid:
    """Return the cone of diameter and height 1, its tip up."""
    mesh = revolve(_divided([(0, -0.5), (0.5, -0.5), (0, 0.5)], sides // 3), sides)
    return Solid((mesh,), lambda places: np.maximum(_radius(places) - (0.5 - places[:, 1]) / 2, -places[:, 1] - 0.5))


def torus(sides: int) -> Solid:
    """Return the torus of diameter 1 and thickness 0.3."""
    angle = np.linspace(0, 2 * np.pi, sides // 2 + 1)
    mesh = revolve(np.stack([0.35 + 0.15 * np.cos(angle), 0.15 * np.sin(angle)], axis=1), sides)
    return Solid((mesh,), lambda places: np.hypot(_radius(places) - 0.35, places[:, 1]) - 0.15)


def height_field(divisions: int, waves: Sequence[Sequence[float]]) -> Solid:
    """Return a block of width and depth 1 under a landscape.

    Args:
        divisions: How often every side is divided in two.
        waves: What is added up: two frequencies (per unit), a phase (radians) and an amplitude each.
    """

    def top(places: FloatArray) -> FloatArray:
        crests = [a * np.sin(2 * np.pi * (u * places[:, 0] + v * places[:, 2]) + phase) for u, v, phase, a in waves]
        return np.asarray(sum(crests, np.zeros(len(places))))

    def raised(vertices: FloatArray) -> FloatArray:
        vertices[:, 1] = (vertices[:, 1] + 0.5) * (top(vertices) + 0.5) - 0.5
        return vertices

    def inside(places: FloatArray) -> FloatArray:
        walls = np.abs(places[:, [0, 2]]).max(axis=1) - 0.5
        return np.maximum(walls, np.maximum(places[:, 1] - top(places), -0.5 - places[:, 1]))

    return Solid((cube(divisions).pieces[0].bent(raised),), inside)


def _radius(places: FloatArray) -> FloatArray:
    """Return the distance of places ``(V, 3)`` from the y axis."""
    return np.hypot(places[:, 0], places[:, 2])


def _divided(profile: Curve, steps: int) -> FloatArray:
    """Divide every step of a polyline ``(K, 2)``."""
    corners = np.asarray(profile, dtype=float)
    at = np.linspace(0, len(corners) - 1, (len(corners) - 1) * steps + 1)
    return np.stack([np.interp(at, np.arange(len(corners)), corners[:, axis]) for axis in range(2)], axis=1)
