from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from zoo.datasets.meshes.mesh import Mesh
from zoo.datasets.scans.boxes import KEPT, SCALE, SHIFT, Box, bounding_box, perturbed


@pytest.fixture(scope='module')
def cloud():
    half = np.random.default_rng(0).normal(size=(250, 3)) * (0.5, 0.3, 0.2)
    return np.concatenate([half, -half])


def test_a_box_around_points(cloud):
    box = bounding_box(cloud, 1.0)
    assert box.contains(cloud).all()
    assert box.size == pytest.approx(np.ptp(cloud, axis=0))
    larger = bounding_box(cloud, 1.2)
    assert larger.size == pytest.approx(1.2 * box.size)
    assert larger.center == pytest.approx(box.center)
    outside = box.center + np.eye(3) * (box.size / 2 + 1e-6)
    assert not box.contains(outside).any()
    assert larger.contains(outside).all()


def test_a_turned_box_contains_what_turns_with_it(cloud):
    flat = bounding_box(cloud)
    for heading in (0.3, -2.0, np.pi):
        turned = Mesh(cloud, np.zeros((0, 3), dtype=int)).turned('y', heading).vertices + (1.0, 2.0, 3.0)
        center = Mesh(flat.center[None], np.zeros((0, 3), dtype=int)).turned('y', heading).vertices[0] + (1.0, 2.0, 3.0)
        box = Box(center, flat.size, heading)
        assert np.array_equal(box.contains(turned), flat.contains(cloud))
        assert box.local(turned) == pytest.approx(cloud - flat.center)
        assert box.turned_back(turned - center) == pytest.approx(box.local(turned))


def test_the_whole_range_of_boxes_is_drawn_and_nothing_beyond(cloud):
    box = bounding_box(cloud)
    drawn = [perturbed(box, cloud, np.random.default_rng(seed)) for seed in range(600)]
    moves = np.array([(one.center - box.center) / box.size for one in drawn])
    assert np.abs(moves).max() <= SHIFT == 0.5
    assert np.abs(moves).max(axis=0).min() > 0.9 * SHIFT  # far along each of the axes
    assert np.abs(moves.mean(axis=0)).max() < 0.05  # in no direction more than in the other
    factors = np.array([one.size / box.size for one in drawn])
    assert np.ptp(factors, axis=1).max() < 1e-12
    assert SCALE[0] <= factors.min() < SCALE[0] + 0.06
    assert SCALE[1] - 0.03 < factors.max() <= SCALE[1]
    assert all(one.contains(cloud).mean() >= KEPT for one in drawn)


def test_headings_are_uniform_about_gravity():
    points = np.random.default_rng(3).normal(size=(400, 3)) * 0.2  # as wide as deep: every heading keeps as much
    box = bounding_box(points)
    headings = [perturbed(box, points, np.random.default_rng(seed)).heading for seed in range(800)]
    assert stats.kstest((np.array(headings) + np.pi) / (2 * np.pi), 'uniform').pvalue > 0.01


@pytest.mark.parametrize('depth', [0.0, 1.0])
def test_an_object_on_the_sides_of_its_box_is_kept_all_the_same(depth):
    corners = np.array([[x, y, z] for x in (-1.0, 1) for y in (-depth, depth) for z in (-1.0, 1)])
    box = bounding_box(corners)
    assert box.contains(corners).all()
    for seed in range(20):
        drawn = perturbed(box, corners, np.random.default_rng(seed))
        assert drawn.contains(corners).mean() >= KEPT
        assert (np.abs(drawn.center - box.center) <= SHIFT * box.size).all()
