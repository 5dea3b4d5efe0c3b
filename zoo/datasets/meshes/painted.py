"""Meshes with a color for every triangle, as files of other people have them, in the form that pictures need."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from zoo.datasets.coordinates import recentered
from zoo.datasets.meshes.mesh import FloatArray, IntArray, Mesh, face_areas, face_crosses, vertex_normals
from zoo.datasets.meshes.soup import Soup
from zoo.errors import UsageError

CREASE = np.deg2rad(40)
"""Two triangles that meet at a larger angle than this have a sharp edge between them."""

DEGENERATE = 1e-12
"""Triangles with less than this share of the surface are left out."""

UP = ('y', 'z')
"""Axes that may point up in a file."""


@dataclass(frozen=True)
class PaintedMesh:
    """A mesh that can be sampled and drawn.

    Attributes:
        mesh: V vertices and F triangles, each with an area; vertices are repeated along sharp edges.
        normals: Unit vertex normals, shape ``(V, 3)``.
        color: RGB of every triangle in [0, 1], shape ``(F, 3)``.
        clear: Whether one half sees through a triangle, shape ``(F,)``.
    """

    mesh: Mesh
    normals: FloatArray
    color: FloatArray
    clear: NDArray[np.bool_]

    def mapped(self, matrix: FloatArray) -> PaintedMesh:
        """Apply a linear map ``(3, 3)`` to the columns of the vertices; one that mirrors winds the faces back."""
        faces = self.mesh.faces if np.linalg.det(matrix) > 0 else self.mesh.faces[:, ::-1]
        mesh = Mesh(self.mesh.vertices @ np.asarray(matrix).T, faces)
        return dataclasses.replace(self, mesh=mesh, normals=vertex_normals(mesh.vertices, mesh.faces))


def paint(
    vertices: FloatArray, faces: IntArray, color: FloatArray, clear: NDArray[np.bool_], *, name: str
) -> PaintedMesh:
    """Make a painted mesh of triangles as they come: without those that have no area, smooth where they meet gently.

    Args:
        vertices: ``(V, 3)``; equal places are one vertex, whatever their indices; far from the origin they are moved.
        faces: ``(F, 3)``.
        color: RGB of every triangle in [0, 1], shape ``(F, 3)``.
        clear: Whether one half sees through a triangle, shape ``(F,)``.
        name: Name of the mesh in messages.

    Raises:
        UsageError: An index is out of range, a used vertex is not finite, or no triangle has an area.
    """
    soup = with_area(Soup(vertices, faces, color, clear), name)
    mesh = smooth(soup.vertices, soup.faces)
    normals = vertex_normals(mesh.vertices, mesh.faces)
    return PaintedMesh(mesh, normals, np.asarray(soup.color, dtype=np.float32), soup.clear)


def with_area(soup: Soup, name: str) -> Soup:
    """Return the triangles that have an area, in their order, and the vertices they use, in float64.

    Args:
        soup: Triangles as they come.
        name: Their name in messages.

    Raises:
        UsageError: An index is out of range, a used vertex is not finite, or no triangle has an area.
    """
    vertices, faces = soup.vertices, soup.faces
    if not len(faces):
        raise UsageError(f'{name} holds no triangles: a mesh is needed, not points or lines')
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise UsageError(f'{name} has a triangle with a vertex that is not there: export or fetch it again')
    places = np.asarray(vertices, dtype=np.float64)
    if not np.isfinite(places[faces.ravel()]).all():
        raise UsageError(f'{name} has NaN or infinity among its vertices: export or fetch it again')
    used, compact = np.unique(faces, return_inverse=True)
    places, faces = recentered(places[used], name), compact.reshape(faces.shape)
    size = np.abs(places - places[0]).max()
    areas = face_areas(places / (size or 1.0), faces)
    kept = areas > DEGENERATE * max(areas.sum(), DEGENERATE)
    if not kept.any():
        raise UsageError(f'{name} has no triangle with an area: export or fetch it again')
    return Soup(places, faces[kept], soup.color[kept], soup.clear[kept])


def smooth(vertices: FloatArray, faces: IntArray, crease: float = CREASE) -> Mesh:
    """Join triangles into smooth patches: corners share a vertex across an edge where the surface bends gently.

    Neighbors that are wound in opposite directions do not share a vertex: their normals would cancel out.

    Args:
        vertices: ``(V, 3)``, equal places are one vertex.
        faces: ``(F, 3)``, each with an area.
        crease: Largest angle between two triangles of one patch, in radians.
    """
    place = _places(vertices)[faces]
    crosses = face_crosses(vertices, faces)
    normals = crosses / np.linalg.norm(crosses, axis=1, keepdims=True)
    begin, end = place.ravel(), place[:, [1, 2, 0]].ravel()
    corner = np.arange(faces.size).reshape(faces.shape)
    first, second = corner.ravel(), corner[:, [1, 2, 0]].ravel()
    swap = begin > end
    low, high = np.where(swap, end, begin), np.where(swap, begin, end)
    at_low, at_high = np.where(swap, second, first), np.where(swap, first, second)
    order = np.lexsort((high, low))
    low, high, at_low, at_high = low[order], high[order], at_low[order], at_high[order]
    joined = []
    for step in (1, 2, 3):  # where a surface is there twice, four triangles meet at an edge
        here = np.flatnonzero((low[step:] == low[:-step]) & (high[step:] == high[:-step]))
        bend = (normals[at_low[here] // 3] * normals[at_low[here + step] // 3]).sum(axis=1)
        here = here[bend > np.cos(crease)]
        joined += [(at_low[here], at_low[here + step]), (at_high[here], at_high[here + step])]
    rows, columns = (np.concatenate(side) for side in zip(*joined, strict=True))
    links = coo_matrix((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(faces.size, faces.size))
    _, label = connected_components(links, directed=False)
    _, example = np.unique(label, return_index=True)
    return Mesh(np.asarray(vertices, dtype=np.float64)[faces.ravel()[example]], label.reshape(faces.shape))


def _places(vertices: FloatArray) -> IntArray:
    """Return a number for every vertex ``(V,)``, the same for those at the same place."""
    order = np.lexsort(vertices.T)
    ranked = vertices[order]
    new = np.concatenate([[False], (ranked[1:] != ranked[:-1]).any(axis=1)])
    number = np.empty(len(vertices), dtype=np.int64)
    number[order] = np.cumsum(new)
    return number


def normal_form(item: PaintedMesh, up: str = 'y') -> PaintedMesh:
    """Turn a mesh upright, center it on its surface, scale its farthest vertex to distance 1.

    Args:
        item: The mesh in the frame of its file.
        up: Axis that points up in the file; with 'z', z becomes y and y becomes -z.

    Raises:
        UsageError: Another axis.
    """
    if up not in UP:
        raise UsageError(f'up={up!r} is no axis that meshes are turned from: choose one of {", ".join(UP)}')
    vertices, faces, normals = item.mesh.vertices, item.mesh.faces, item.normals
    if up == 'z':
        vertices, normals = (rows[:, [0, 2, 1]] * (1.0, 1.0, -1.0) for rows in (vertices, normals))
    vertices = vertices / np.abs(vertices - vertices[0]).max()  # areas of huge or tiny meshes stay in range
    areas = face_areas(vertices, faces)
    centroid = (vertices[faces].mean(axis=1) * areas[:, None]).sum(axis=0) / areas.sum()
    centered = vertices - centroid
    radius = np.sqrt((centered**2).sum(axis=1).max())
    return dataclasses.replace(item, mesh=Mesh(centered / radius, faces), normals=normals)
