from __future__ import annotations

import numpy as np
from PIL import Image

from zoo.datasets.meshes.sheet import GAP, TITLE, VIEWPOINT, colored_points, object_sheet


class Two:
    def points(self, index):
        return np.random.default_rng(index).normal(size=(50, 3))

    def colors(self, index):
        return np.full((50, 3), (200, 0, 0), dtype=np.uint8)

    def image(self, index, view):
        return np.full((10, 10, 3), 16 * (index + view), dtype=np.uint8)


def test_near_points_cover_far_ones():
    right, up, near = VIEWPOINT.axes()
    points = np.array([-0.5 * near, 0.5 * near, 0.6 * right + 0.5 * up])
    shot = colored_points(points, np.array([(200, 0, 0), (0, 200, 0), (255, 255, 255)], dtype=np.uint8), 40)
    assert (shot == (0, 200, 0)).all(axis=2).sum() == 1
    assert (shot == (200, 0, 0)).all(axis=2).sum() == 0
    assert (shot == 225).all(axis=2).sum() == 1  # a white point is seen on white


def test_views_and_points_stand_side_by_side(tmp_path):
    path = object_sheet(tmp_path / 'new' / 'a.png', Two(), [0, 1, 3], ['a', 'b' * 100, ''], size=20, columns=2)
    with Image.open(path) as picture:
        sheet = np.asarray(picture)
    assert sheet.shape == (2 * (20 + TITLE), 2 * (60 + GAP) - GAP, 3)
    middle = TITLE + 10
    assert [int(sheet[middle, x, 0]) for x in (10, 30, 60 + GAP + 10)] == [0, 16, 16]
    assert (sheet[20 + TITLE :, 60 + GAP :] == 255).all()  # there is no fourth object
    assert (sheet[:TITLE, 60 : 60 + GAP] == 255).all()  # a long title does not run into the next one
