from __future__ import annotations

import numpy as np
import pytest

from zoo.datasets.meshes.polygons import MOST_CORNERS, cut


def turn(rng: np.random.Generator) -> np.ndarray:
    return np.linalg.qr(rng.normal(size=(3, 3)))[0]


def crosses(corners: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (corners[triangles[:, k]] for k in range(3))
    return np.cross(b - a, c - a) / 2


def check(flat: np.ndarray, rng: np.random.Generator, *, area: float) -> None:
    """The triangles have the area of the outline, and all look the same way: so they cannot leave it or overlap."""
    corners = np.column_stack([flat, np.zeros(len(flat))]) @ turn(rng).T + rng.normal(size=3)
    triangles = cut(corners[None])[0]
    assert triangles.shape == (len(flat) - 2, 3)
    parts = crosses(corners, triangles)
    assert np.linalg.norm(parts, axis=1).sum() == pytest.approx(area, rel=1e-9)
    assert np.linalg.norm(parts.sum(axis=0)) == pytest.approx(area, rel=1e-9)


def shoelace(flat: np.ndarray) -> float:
    x, y = flat.T
    return abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2


@pytest.mark.parametrize('n', [4, 5, 9, 40])
def test_dented_polygons_are_cut_along_their_outline(n):
    rng = np.random.default_rng(n)
    for _ in range(6):
        angle = np.sort(rng.uniform(0, 2 * np.pi, n))
        flat = np.column_stack([np.cos(angle), np.sin(angle)]) * rng.uniform(0.2, 1, (n, 1))
        wide = np.diff(np.append(angle, angle[0] + 2 * np.pi)).max() > np.pi  # then the star does not hold its center
        if not wide:
            check(flat[:: rng.choice([-1, 1])], rng, area=shoelace(flat))


def test_a_wall_around_a_door_and_one_around_a_window():
    rng = np.random.default_rng(0)
    door = np.array([(0, 0), (1, 0), (1, 2), (2, 2), (2, 0), (3, 0), (3, 3), (0, 3)], dtype=float)
    check(door, rng, area=7)
    outer, inner = [(0, 0), (3, 0), (3, 3), (0, 3), (0, 0)], [(1, 1), (1, 2), (2, 2), (2, 1), (1, 1)]
    check(np.array(outer + inner, dtype=float), rng, area=8)  # the outline goes to the hole and back


def test_convex_ones_become_fans():
    square = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], dtype=float)
    assert cut(np.stack([square, square[::-1]])).tolist() == [[[0, 1, 2], [0, 2, 3]]] * 2
    assert cut(square[None, :3]).tolist() == [[[0, 1, 2]]]
    assert cut(np.empty((0, 5, 3))).shape == (0, 3, 3)


def test_what_is_no_proper_outline_still_becomes_triangles():
    rng = np.random.default_rng(1)
    tangled = rng.normal(size=(12, 8, 3))
    triangles = cut(tangled)
    assert triangles.shape == (12, 6, 3)
    assert triangles.min() >= 0
    assert triangles.max() <= 7
    assert cut(np.zeros((1, 6, 3))).shape == (1, 4, 3)
    with pytest.raises(ValueError, match='dented polygon has 1001 corners'):
        cut(rng.normal(size=(1, MOST_CORNERS + 1, 3)))
    angle = np.linspace(0, 2 * np.pi, 2 * MOST_CORNERS, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle), np.zeros(len(angle))], axis=1)
    assert cut(circle[None])[0, -1].tolist() == [0, 2 * MOST_CORNERS - 2, 2 * MOST_CORNERS - 1]
