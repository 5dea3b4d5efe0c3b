"""What tests ask of a mesh, computed the slow way."""

from __future__ import annotations

from collections import Counter

import numpy as np

from zoo.datasets.meshes.mesh import Mesh


def volume(mesh: Mesh) -> float:
    """The volume that a closed mesh encloses: positive when its faces look outwards (divergence theorem)."""
    total = 0.0
    for face in mesh.faces:
        a, b, c = mesh.vertices[face]
        total += float(np.dot(a, np.cross(b, c))) / 6
    return total


def open_edges(mesh: Mesh) -> int:
    """The number of edges that lack a neighbour running the other way; 0 for a closed surface."""
    keys = [tuple(np.round(vertex, 9) + 0.0) for vertex in mesh.vertices]
    edges: Counter[tuple[object, object]] = Counter()
    for face in mesh.faces:
        corners = [keys[i] for i in face]
        if len(set(corners)) == 3:
            for i in range(3):
                edges[corners[i], corners[(i + 1) % 3]] += 1
    return sum(abs(count - edges[second, first]) for (first, second), count in edges.items())
