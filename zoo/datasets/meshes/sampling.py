"""Points on a mesh, each bit of surface as likely as any other of its area."""

from __future__ import annotations

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, IntArray, Mesh, face_areas, face_crosses


def sample_surface(
    mesh: Mesh, normals: FloatArray, count: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Draw independent points, uniform over the surface.

    Args:
        mesh: F triangles, at least one of them with an area.
        normals: Unit normals of the vertices, shape ``(V, 3)``.
        count: Number of points N, any.
        rng: Source of randomness.

    Returns:
        Points ``(N, 3)``, unit normals ``(N, 3)`` interpolated over the triangle, and triangle of each ``(N,)``.
    """
    areas = np.cumsum(face_areas(mesh.vertices, mesh.faces))
    face = np.searchsorted(areas, rng.random(count) * areas[-1], side='right')
    face = np.minimum(face, len(areas) - 1)
    root, second = np.sqrt(rng.random(count)), rng.random(count)
    weights = np.stack([1 - root, root * (1 - second), root * second], axis=1)
    corners = mesh.faces[face]
    points = np.einsum('nk,nkc->nc', weights, mesh.vertices[corners])
    normal = np.einsum('nk,nkc->nc', weights, normals[corners])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    lost = length[:, 0] < 1e-6
    if lost.any():  # the normals of the corners cancel out: take that of the triangle
        normal[lost] = face_crosses(mesh.vertices, mesh.faces[face[lost]])
        length = np.linalg.norm(normal, axis=1, keepdims=True)
    return points, normal / np.maximum(length, 1e-300), face


def to_unit_sphere(points: FloatArray) -> FloatArray:
    """Center a cloud ``(N, 3)`` on its mean and scale its farthest point to distance 1."""
    centered = points - points.mean(axis=0)
    radius = np.sqrt((centered**2).sum(axis=1).max())
    return centered / (radius or 1.0)
