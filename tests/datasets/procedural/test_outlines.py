from __future__ import annotations

import numpy as np
import pytest

from zoo.datasets.procedural import outlines


def area(points: np.ndarray) -> float:
    """Signed area of a polygon, positive when it is counter-clockwise."""
    return sum(a[0] * b[1] - a[1] * b[0] for a, b in zip(points, np.roll(points, -1, axis=0), strict=True)) / 2


def test_closed_outlines_run_counter_clockwise_and_have_their_size():
    for points in (outlines.rectangle(2, 3), outlines.ellipse(2, 3, 24), outlines.rounded(2, 3, 0.4)):
        assert np.allclose(np.ptp(points, axis=0), [2, 3])
        assert np.allclose(points.max(axis=0) + points.min(axis=0), 0)
        assert area(points) > 0
    assert area(outlines.rectangle(2, 3)) == pytest.approx(6)


@pytest.mark.parametrize('exponent', [1.5, 2.0, 6.0])
def test_superellipses_satisfy_their_equation(exponent):
    x, y = outlines.ellipse(4, 2, 40, exponent).T
    assert np.allclose(np.abs(x / 2) ** exponent + np.abs(y / 1) ** exponent, 1)


def test_round_corners_have_their_radius_and_fit():
    points = outlines.rounded(4, 2, 0.5, 6)
    first = points[:6] - (4 / 2 - 0.5, 2 / 2 - 0.5)
    assert np.allclose(np.linalg.norm(first, axis=1), 0.5)
    assert np.abs(outlines.rounded(1, 1, 7.0)).max() <= 0.5


def test_splines_pass_through_their_points():
    knots = [(0, 0), (1, 2), (3, 1), (4, 4)]
    curve = outlines.spline(knots, 3 * 10 + 1)
    assert np.allclose(curve[::10], knots)
    ring = outlines.spline(knots, 40, closed=True)
    assert len(ring) == 40
    assert np.allclose(ring[::10], knots)
    space = outlines.spline([(0, 0, 1), (1, 1, 1), (2, 0, 1)], 5)
    assert np.allclose(space[:, 2], 1)


def test_straight_knots_give_a_straight_spline():
    curve = outlines.spline([(0, 0), (1, 1), (2, 2)], 9)
    assert np.allclose(curve[:, 0], curve[:, 1])
    assert (np.diff(curve[:, 0]) > 0).all()


def test_corners_become_sharp_and_curves_stay_smooth():
    assert len(outlines.sharpen(outlines.rectangle(1, 1), closed=True)) == 8
    assert len(outlines.sharpen(outlines.ellipse(1, 1, 30), closed=True)) == 30
    line = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)])
    assert outlines.corner_repeats(line, closed=False).tolist() == [1, 2, 1]


def test_arcs():
    points = outlines.arc(2.0, 0.0, np.pi, 5)
    assert np.allclose(np.linalg.norm(points, axis=1), 2)
    assert np.allclose(points[[0, 2, 4]], [(2, 0), (0, 2), (-2, 0)])
