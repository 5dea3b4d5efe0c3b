from __future__ import annotations

import numpy as np
import pytest

from zoo.datasets.scans.noise import GRAZING, HOLE_RADIUS, RADIUS, axial_deviation, holes, measure
from zoo.datasets.scans.visibility import Hits


def plane(depth: float, angle: float, count: int = 20000) -> Hits:
    """Return hits at one distance under one angle of incidence, the camera at the origin, looking along -z."""
    ray = np.tile([0.0, 0.0, -1.0], (count, 1))
    normals = np.tile([np.sin(angle), 0.0, np.cos(angle)], (count, 1))
    return Hits(ray * depth, normals, np.zeros(count, dtype=int), np.full(count, depth), ray)


def test_the_deviation_is_that_of_the_published_model():
    # Kinect, read off the formula of Nguyen et al. by hand: 1.2 mm at 0.4 m, and the square of the distance beyond.
    assert axial_deviation(np.array([0.4, 1.4, 2.4, 3.4]), np.zeros(4)) == pytest.approx(
        [0.0012, 0.0031, 0.0088, 0.0183]
    )
    assert axial_deviation(np.array([2.0]), np.array([1.0])) == axial_deviation(np.array([2.0]), np.array([0.0]))
    steep = axial_deviation(np.full(3, 2.0), np.array([1.1, 1.3, 1.45]))
    assert (np.diff(steep) > 0).all()
    assert np.isfinite(axial_deviation(np.array([2.0]), np.array([np.pi / 2])))


@pytest.mark.parametrize('depth', [2.5, 5.0])
def test_noise_has_that_size_and_lies_along_the_ray(depth):
    truth = plane(depth, 0.3)
    seen = measure(truth, np.random.default_rng(0))
    error = seen.points - truth.points
    assert np.abs(error[:, :2]).max() == 0
    expected = axial_deviation(np.array(depth * RADIUS), np.array(0.3)) / RADIUS
    assert error[:, 2].std() == pytest.approx(float(expected), rel=0.03)
    assert abs(error[:, 2].mean()) < 4 * expected / np.sqrt(len(error))


def test_grazing_surfaces_are_lost():
    limit = np.arccos(GRAZING)
    assert len(measure(plane(3.0, limit + 0.01, 10), np.random.default_rng(0))) == 0
    assert len(measure(plane(3.0, limit - 0.01, 10), np.random.default_rng(0))) == 10


def test_holes_are_small_round_and_few():
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 120)] * 2), axis=-1).reshape(-1, 2)
    points = np.column_stack([grid, np.zeros(len(grid))])
    shares = []
    for seed in range(60):
        kept = holes(points, points, np.random.default_rng(seed))
        shares.append(1 - kept.mean())
        lost = points[~kept]
        if len(lost):
            assert len(lost) / len(points) <= 4 * np.pi * (HOLE_RADIUS[1] + 0.02) ** 2 / 4
    assert min(shares) == 0
    assert 0.002 < np.mean(shares) < 0.05
    again = holes(points, points, np.random.default_rng(7))
    assert np.array_equal(again, holes(points, points, np.random.default_rng(7)))
