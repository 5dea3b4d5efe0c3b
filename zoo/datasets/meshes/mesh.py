"""Triangle meshes.

Two triangles that share a vertex index are shaded smoothly across their edge, so a primitive repeats the vertices along
the edges that are meant to be sharp. Faces wind counter-clockwise seen from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
Point = FloatArray | Sequence[float]
Curve = FloatArray | Sequence[Sequence[float]]
"""A place, and a row of places, as numbers of any kind."""

_PLANES = {'x': (1, 2), 'y': (2, 0), 'z': (0, 1)}
"""The two axes that turn into each other in a right-handed rotation about the third."""


@dataclass(frozen=True)
class Mesh:
    """Vertices ``(V, 3)`` float64, y up, and faces ``(F, 3)`` of vertex indices. Every method returns a new mesh."""

    vertices: FloatArray
    faces: IntArray

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Mesh:
        """Shift by an offset."""
        return Mesh(self.vertices + (x, y, z), self.faces)

    def scaled(self, x: float = 1.0, y: float = 1.0, z: float = 1.0) -> Mesh:
        """Scale along the axes; a negative product mirrors, and the faces are wound back."""
        faces = self.faces if x * y * z > 0 else self.faces[:, ::-1]
        return Mesh(self.vertices * (x, y, z), faces)

    def turned(self, axis: str, angle: float) -> Mesh:
        """Rotate about an axis (``'x'``, ``'y'`` or ``'z'``) by an angle in radians, right-handed."""
        first, second = _PLANES[axis]
        vertices = self.vertices.copy()
        cos, sin = np.cos(angle), np.sin(angle)
        vertices[:, first] = cos * self.vertices[:, first] - sin * self.vertices[:, second]
        vertices[:, second] = sin * self.vertices[:, first] + cos * self.vertices[:, second]
        return Mesh(vertices, self.faces)

    def bent(self, map_vertices: Callable[[FloatArray], FloatArray]) -> Mesh:
        """Deform the vertices ``(V, 3)`` by a function that keeps their number and their handedness."""
        return Mesh(map_vertices(self.vertices.copy()), self.faces)


def join(meshes: Sequence[Mesh]) -> Mesh:
    """Put several meshes into one."""
    if len(meshes) == 1:
        return meshes[0]
    offsets = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes])
    faces = [mesh.faces + offset for mesh, offset in zip(meshes, offsets, strict=False)]
    return Mesh(np.concatenate([mesh.vertices for mesh in meshes]), np.concatenate(faces))


def mirrored(*meshes: Mesh) -> list[Mesh]:
    """Return the meshes and their mirror images across the plane x = 0."""
    return [*meshes, *(mesh.scaled(x=-1) for mesh in meshes)]


def four(mesh: Mesh) -> list[Mesh]:
    """Return a mesh and its mirror images across x = 0, across z = 0 and across both."""
    return [mesh.scaled(x=x, z=z) for x in (1, -1) for z in (1, -1)]


def face_crosses(vertices: FloatArray, faces: IntArray) -> FloatArray:
    """Return the cross product of two edges of every face ``(F, 3)``: its normal times twice its area."""
    a, b, c = vertices[faces[:, 0]], vertices[faces[:, 1]], vertices[faces[:, 2]]
    u, v = b - a, c - a
    crosses = np.empty_like(u)
    for axis in range(3):
        i, j = (axis + 1) % 3, (axis + 2) % 3
        crosses[:, axis] = u[:, i] * v[:, j] - u[:, j] * v[:, i]
    return crosses


def face_areas(vertices: FloatArray, faces: IntArray) -> FloatArray:
    """Return the area of every face ``(F,)``."""
    return np.linalg.norm(face_crosses(vertices, faces), axis=1) / 2


def vertex_normals(vertices: FloatArray, faces: IntArray) -> FloatArray:
    """Return unit normals ``(V, 3)``: the area-weighted mean over the faces that share the vertex.

    A vertex without a face, or whose faces cancel out, gets the direction of one of them, or up.
    """
    crosses = face_crosses(vertices, faces)
    corners = faces.ravel()
    sums = np.empty((len(vertices), 3))
    for axis in range(3):
        sums[:, axis] = np.bincount(corners, weights=np.repeat(crosses[:, axis], 3), minlength=len(vertices))
    lengths = np.linalg.norm(sums, axis=1)
    lost = lengths < 1e-12
    if lost.any():
        sums[lost] = (0.0, 1.0, 0.0)
        touching = lost[faces]
        sums[faces[touching]] = np.repeat(crosses, 3, axis=0)[touching.ravel()]
        lengths = np.linalg.norm(sums, axis=1)
    return sums / np.maximum(lengths, 1e-300)[:, None]
