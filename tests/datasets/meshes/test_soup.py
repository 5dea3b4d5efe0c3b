from __future__ import annotations

import numpy as np

from zoo.datasets.meshes.mesh import face_areas
from zoo.datasets.meshes.soup import triangulate


def test_polygons_of_all_sizes_keep_their_order():
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 9, 200)
    sizes[:3] = 1, 2, 8
    angle = np.concatenate([np.arange(size) * 2 * np.pi / size for size in sizes])
    places = np.stack([np.cos(angle), np.sin(angle), np.zeros(len(angle))], axis=1)
    order = rng.permutation(len(places))
    vertices = places[np.argsort(order)]
    corners, owner = triangulate(vertices, order, sizes)
    assert (np.diff(owner) >= 0).all()
    assert np.bincount(owner, minlength=200).tolist() == np.maximum(sizes - 2, 0).tolist()
    areas = np.bincount(owner, weights=face_areas(vertices, order[corners]), minlength=200)
    assert np.allclose(areas, np.where(sizes > 2, sizes / 2 * np.sin(2 * np.pi / sizes), 0))  # of a regular polygon
