from __future__ import annotations

import numpy as np
import pytest

from zoo.visualize.feature_space import PALETTE
from zoo.visualize.picture import BLUE, GREY, RED, SCALE, VIEWPOINT, cloud_picture, heat


def slow(points, colors, size, radius):
    """Every pixel of every disc against a depth buffer."""
    screen, closeness = VIEWPOINT.project(points, size)
    canvas, depth = np.full((size, size, 3), 255, dtype=np.uint8), np.full((size, size), -np.inf)
    for (x, y), near, color in zip(screen, closeness, colors, strict=True):
        for row in range(size):
            for column in range(size):
                if (row - np.floor(y)) ** 2 + (column - np.floor(x)) ** 2 <= radius**2 and near > depth[row, column]:
                    canvas[row, column], depth[row, column] = color, near
    return canvas


@pytest.mark.parametrize('radius', [0, 1, 3])
def test_discs_lie_where_a_depth_buffer_puts_them(radius):
    rng = np.random.default_rng(radius)
    points = rng.uniform(-0.5, 0.5, (40, 3))
    colors = rng.integers(0, 255, (40, 3)).astype(np.uint8)
    assert (cloud_picture(points, colors, 32, radius) == slow(points, colors, 32, radius)).all()


def test_a_frame_gives_room_and_is_not_drawn():
    points, black = np.array([[0.0, 0.0, 0.0]]), np.zeros((1, 3), dtype=np.uint8)
    frame = np.random.default_rng(0).uniform(-1, 1, (50, 3))
    picture = cloud_picture(points, black, 40, 1, frame=frame)
    assert (picture != 255).any(axis=-1).sum() == 5
    together = cloud_picture(np.concatenate([points, frame]), np.zeros((51, 3), dtype=np.uint8), 40, 1)
    assert (together[(picture == 0).all(-1)] == 0).all()


def test_heat_rises_and_even_values_do_not_fail():
    colors = heat(np.array([3.0, 1.0, 2.0])).astype(int)
    assert (colors[1] == SCALE[0]).all()
    assert (colors[0] == SCALE[-1]).all()
    assert (colors[2] == SCALE[2]).all()
    assert (heat(np.ones(4)) == SCALE[0]).all()


DEFICIENCIES = {
    'protanopia': ((0.1523, 1.0526, -0.2049), (0.1145, 0.7863, 0.0992), (-0.0039, -0.0481, 1.0520)),
    'deuteranopia': ((0.3673, 0.8606, -0.2280), (0.2801, 0.6725, 0.0474), (-0.0118, 0.0429, 0.9689)),
    'tritanopia': ((1.2555, -0.0767, -0.1788), (-0.0784, 0.9308, 0.1476), (0.0047, 0.6914, 0.3039)),
}
"""What of linear RGB people see whose color vision is deficient (Machado et al. 2009)."""


def seen_by(colors, deficiency):
    """Linear RGB of sRGB (N, 3) as those people see it."""
    share = np.asarray(colors) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.clip(linear @ np.array(DEFICIENCIES[deficiency]).T, 0, 1)


def lab(linear):
    """CIELAB (N, 3) of linear RGB."""
    to_xyz = np.array([(0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505)])
    x, y, z = np.cbrt(np.maximum((linear @ to_xyz.T) / (0.9505, 1.0, 1.089), 0.0089)).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


@pytest.mark.parametrize('deficiency', DEFICIENCIES)
def test_colors_are_told_apart_by_those_who_see_fewer(deficiency):
    scale = lab(seen_by(heat(np.linspace(0, 1, 9)), deficiency))
    assert (np.diff(scale[:, 0]) < -2).all(), 'warm is darker than cold, step by step'
    assert np.linalg.norm(np.diff(scale[::2], axis=0), axis=1).min() > 8
    red, blue, grey = lab(seen_by([RED, BLUE, GREY], deficiency))
    for one, other in ((red, blue), (red, grey), (blue, grey)):
        assert np.linalg.norm(one - other) > 20
    classes = lab(seen_by(PALETTE, deficiency))
    apart = np.linalg.norm(classes[:, None] - classes, axis=-1)
    assert apart[~np.eye(len(classes), dtype=bool)].min() > 8
