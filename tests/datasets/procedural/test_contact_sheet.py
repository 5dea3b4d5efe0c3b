from __future__ import annotations

import numpy as np
from PIL import Image

from zoo.datasets.procedural import CLASSES
from zoo.datasets.procedural.contact_sheet import HUES, VIEWPOINT, class_row, contact_sheet, point_picture


def test_one_row_shows_renderings_and_points():
    row = class_row('lamp', 2, 32)
    assert row.shape == (32, 4 * 32, 3)
    assert np.array_equal(row, class_row('lamp', 2, 32))
    assert (row[:, 32:64] == 255).mean() > 0.5  # dots on white


def test_near_points_cover_far_ones_in_the_hue_of_their_part():
    right, up, near = VIEWPOINT.axes()
    points = np.array([-0.5 * near, 0.5 * near, 0.6 * right + 0.5 * up])
    shot = point_picture(points, np.array([0, 1, 2]), 40)
    assert (shot == HUES[1]).all(axis=2).sum() == 1  # the nearest one is not faded
    assert (shot != 255).any(axis=2).sum() == 2  # the far one is behind it


def test_the_sheet_holds_every_class(tmp_path):
    path = contact_sheet(tmp_path / 'new' / 'sheet.png', objects=1, size=24, columns=5)
    with Image.open(path) as sheet:
        rows = -(-len(CLASSES) // 5)
        assert sheet.size == (5 * (48 + 8) - 8, rows * (24 + 14))
