from __future__ import annotations

import numpy as np
import pytest

from zoo.datasets.meshes.mesh import face_areas
from zoo.datasets.meshes.soup import GREY, joined, plain, scaled, triangulate

SQUARE = np.array([(0.0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)])


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


@pytest.mark.parametrize(('index', 'words'), [([0, 1, 4], 'vertex 4'), ([0, 1, -1], 'vertex -1'), ([0, 1], 'no face')])
def test_faces_that_are_none(index, words):
    with pytest.raises(ValueError, match=words):
        triangulate(SQUARE, np.array(index), np.array([len(index)]))


def test_soups_are_joined_and_grey_where_nothing_is_said():
    part = plain(SQUARE, np.array([(0, 1, 2), (0, 2, 3)]), np.array([(1.0, 0, 0), (np.nan,) * 3]))
    assert part.colour.tolist() == [[1, 0, 0], [GREY] * 3]
    both = joined([part, plain(SQUARE + 2, part.faces)])
    assert face_areas(both.vertices, both.faces).sum() == 2
    assert both.vertices[both.faces[2:]].min() == 2
    assert both.colour[2:].tolist() == [[GREY] * 3] * 2
    assert not both.clear.any()


def test_colours_are_of_1_or_of_255():
    assert scaled(np.array([[0.0, 0.5, 1]])).tolist() == [[0, 0.5, 1]]
    assert scaled(np.array([[0.0, 51, 255]])).tolist() == [[0, 0.2, 1]]
