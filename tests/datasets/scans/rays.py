"""Rays against triangles, one by one: the slow way to know what a camera sees."""

from __future__ import annotations

import numpy as np

from zoo.datasets.meshes.mesh import Mesh


def nearest_hit(eye: np.ndarray, rays: np.ndarray, mesh: Mesh) -> np.ndarray:
    """Return how far each ray ``(R, 3)`` goes before it meets a triangle ``(R,)``, inf where it meets none.

    Source: Moeller and Trumbore, "Fast, Minimum Storage Ray/Triangle Intersection", 1997.
    """
    nearest = np.full(len(rays), np.inf)
    for a, b, c in mesh.vertices[mesh.faces]:
        across = np.cross(rays, c - a)
        volume = across @ (b - a)
        with np.errstate(divide='ignore', invalid='ignore'):
            u = (across @ (eye - a)) / volume
            turned = np.cross(eye - a, b - a)
            v = (rays @ turned) / volume
            length = ((c - a) @ turned) / volume
            met = (np.abs(volume) > 1e-12) & (u >= 0) & (v >= 0) & (u + v <= 1) & (length > 1e-9)
        nearest = np.where(met & (length < nearest), length, nearest)
    return nearest
