from __future__ import annotations

import numpy as np
import pytest

from zoo.datasets.meshes.mesh import Mesh
from zoo.datasets.procedural.primitives import box, ellipsoid
from zoo.datasets.scans.clutter import EXTENT, NEIGHBOUR_GAP, WALL_GAP, sheet, surround, unit_box

NEIGHBOURS = [ellipsoid(5.0, 3.0, 2.0).moved(40, 7, -3), box(0.01, 0.02, 0.01)]


def bounds(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    return mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)


@pytest.fixture(scope='module')
def target():
    return unit_box(box(2.0, 3.0, 1.0))


def test_the_unit_box_ignores_what_no_triangle_uses():
    mesh = box(2.0, 3.0, 1.0, 5, 6, 7)
    stray = Mesh(np.concatenate([mesh.vertices, [[900.0, 0, 0]]]), mesh.faces)
    unit = unit_box(stray)
    used = unit.vertices[:-1]
    assert used.min(axis=0) == pytest.approx(-used.max(axis=0))
    assert np.linalg.norm(used, axis=1).max() == pytest.approx(1)
    dot = Mesh(np.ones((3, 3)), np.array([[0, 1, 2]]))
    assert np.isfinite(unit_box(dot).vertices).all()


@pytest.mark.parametrize('axis', [0, 1, 2])
def test_sheets_are_squares_of_small_squares(axis):
    mesh = sheet(axis)
    low, high = bounds(mesh)
    expected = np.full(3, EXTENT)
    expected[axis] = 0
    assert high == pytest.approx(expected)
    assert low == pytest.approx(-expected)
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    assert np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2 == pytest.approx((2 * EXTENT) ** 2)


def test_everything_stands_on_the_floor_that_the_object_stands_on(target):
    ground = target.vertices[:, 1].min()
    for seed in range(20):
        things = surround(target, NEIGHBOURS, 0.3, np.random.default_rng(seed))
        assert things[0].vertices[:, 1] == pytest.approx(ground)
        for thing in things[1:]:
            assert bounds(thing)[0][1] == pytest.approx(ground)


def test_walls_stand_behind_the_object_as_the_camera_sees_it(target):
    counts = []
    for seed in range(120):
        azimuth = np.random.default_rng(seed).uniform(-np.pi, np.pi)
        walls = surround(target, [], azimuth, np.random.default_rng(seed))[1:]
        counts.append(len(walls))
        towards = np.array([np.sin(azimuth), 0.0, np.cos(azimuth)])
        for wall in walls:
            low, high = bounds(wall)
            axis = int(np.argmin(high - low))
            assert axis in (0, 2)
            side = np.sign(low[axis])
            assert side * towards[axis] < 0
            gap = abs(low[axis]) - target.vertices[:, axis].max()
            assert WALL_GAP[0] - 1e-9 <= gap <= WALL_GAP[1] + 1e-9
    assert set(counts) == {0, 1, 2}
    assert 0.7 < np.mean(counts) < 1.1  # 0.9 is expected


def test_neighbors_stand_beside_the_object_at_its_scale(target):
    low, high = bounds(target)
    for seed in range(60):
        for thing in surround(target, NEIGHBOURS, 0.0, np.random.default_rng(seed))[-2:]:
            one, other = bounds(thing)
            apart = np.maximum(one - high, low - other)[[0, 2]].max()
            assert NEIGHBOUR_GAP[0] - 1e-9 <= apart <= NEIGHBOUR_GAP[1] + 1e-9
            assert 0.2 < np.linalg.norm(other - one) / 2 < 1.6


def test_what_stands_before_the_camera_is_small(target):
    radii = {True: [], False: []}
    for seed in range(150):
        thing = surround(target, NEIGHBOURS[:1], 0.0, np.random.default_rng(seed))[-1]
        low, high = bounds(thing)
        middle = (low + high)[[0, 2]] / 2
        radii[bool(abs(np.arctan2(middle[0], middle[1])) < 0.8)].append(np.linalg.norm(high - low))
    assert max(radii[True]) < np.mean(radii[False])
