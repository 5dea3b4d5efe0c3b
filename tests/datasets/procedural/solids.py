"""What tests ask of a mesh."""

from __future__ import annotations

from collections import Counter

import numpy as np

from zoo.datasets.meshes.mesh import Mesh


def volume(mesh: Mesh) -> float:
    """The volume that a closed mesh encloses: positive when its faces look outwards (divergence theorem)."""
    a, b, c = np.moveaxis(mesh.vertices[mesh.faces], 1, 0)
    return float(np.einsum('fc,fc->', a, np.cross(b, c))) / 6


def open_edges(mesh: Mesh) -> int:
    """The number of edges that lack a neighbor running the other way; 0 for a closed surface."""
    places = np.unique(np.round(mesh.vertices, 9) + 0.0, axis=0, return_inverse=True)[1].reshape(-1)
    corners = places[mesh.faces]
    corners = corners[(corners != np.roll(corners, 1, axis=1)).all(axis=1)]
    edges = Counter(zip(corners.ravel().tolist(), np.roll(corners, -1, axis=1).ravel().tolist(), strict=True))
    return sum(abs(count - edges[second, first]) for (first, second), count in list(edges.items()))
