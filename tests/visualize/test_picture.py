from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from zoo.visualize.picture import SCALE, TITLE, VIEWPOINT, cloud_picture, heat, save_tiles


def slow(points, colours, size, radius):
    """Every pixel of every disc against a depth buffer."""
    screen, closeness = VIEWPOINT.project(points, size)
    canvas, depth = np.full((size, size, 3), 255, dtype=np.uint8), np.full((size, size), -np.inf)
    for (x, y), near, colour in zip(screen, closeness, colours, strict=True):
        for row in range(size):
            for column in range(size):
                if (row - np.floor(y)) ** 2 + (column - np.floor(x)) ** 2 <= radius**2 and near > depth[row, column]:
                    canvas[row, column], depth[row, column] = colour, near
    return canvas


@pytest.mark.parametrize('radius', [0, 1, 3])
def test_discs_lie_where_a_depth_buffer_puts_them(radius):
    rng = np.random.default_rng(radius)
    points = rng.uniform(-0.5, 0.5, (40, 3))
    colours = rng.integers(0, 255, (40, 3)).astype(np.uint8)
    assert (cloud_picture(points, colours, 32, radius) == slow(points, colours, 32, radius)).all()


def test_a_frame_gives_room_and_is_not_drawn():
    points, black = np.array([[0.0, 0.0, 0.0]]), np.zeros((1, 3), dtype=np.uint8)
    frame = np.random.default_rng(0).uniform(-1, 1, (50, 3))
    picture = cloud_picture(points, black, 40, 1, frame=frame)
    assert (picture != 255).any(axis=-1).sum() == 5
    together = cloud_picture(np.concatenate([points, frame]), np.zeros((51, 3), dtype=np.uint8), 40, 1)
    assert (together[(picture == 0).all(-1)] == 0).all()


def test_heat_rises_and_even_values_do_not_fail():
    colours = heat(np.array([3.0, 1.0, 2.0])).astype(int)
    assert (colours[1] == SCALE[0]).all()
    assert (colours[0] == SCALE[-1]).all()
    assert (colours[2] == SCALE[2]).all()
    assert (heat(np.ones(4)) == SCALE[0]).all()


def test_tiles_keep_their_places(tmp_path):
    rows = [[np.full((6, 40, 3), 10 * (2 * r + c), dtype=np.uint8) for c in range(2)] for r in range(2)]
    picture = np.asarray(Image.open(save_tiles(rows, ['a', 'b'], tmp_path / 'new' / 'x.png')))
    assert picture.shape == (12 + TITLE, 80, 3)
    assert [picture[TITLE + 6 * r, 40 * c, 0] for r in range(2) for c in range(2)] == [0, 10, 20, 30]
    assert [path.name for path in (tmp_path / 'new').iterdir()] == ['x.png']
    with pytest.raises(ValueError, match='1 titles'):
        save_tiles(rows, ['a'], tmp_path / 'x.png')
