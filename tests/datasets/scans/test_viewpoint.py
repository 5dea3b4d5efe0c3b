from __future__ import annotations

import numpy as np
import pytest

from zoo.datasets.meshes.camera import Camera
from zoo.datasets.scans.viewpoint import DISTANCE, ELEVATION, NEAR, REACH, SWEEP, View, walk


def test_the_frame_is_what_its_reach_fills():
    view = View(Camera(0.4, 0.3, 3.0), 100, (0.0, 0.0))
    right = view.camera.axes()[0]
    # The tangent to the sphere of radius REACH through the eye ends on the edge of the frame.
    angle = np.arcsin(REACH / 3.0)
    touching = view.eye - view.camera.axes()[2] * 2.0 + right * np.tan(angle) * 2.0
    screen, depth = view.project(np.stack([np.zeros(3), touching]))
    assert screen[0] == pytest.approx([50, 50])
    assert screen[1] == pytest.approx([100, 50])
    assert depth == pytest.approx([3.0, 2.0])


def test_what_lies_behind_the_camera_is_told_by_its_depth():
    view = View(Camera(0.0, 0.0, 3.0), 64, (0.0, 0.0))
    _, depth = view.project(np.array([[0.0, 0, 2.8], [0, 0, 4.0], [0, 0, 2.0]]))
    assert depth == pytest.approx([NEAR, NEAR, 1.0])


def test_walks_stay_on_one_side():
    for seed in range(40):
        views = walk(np.random.default_rng(seed), 32, 5)
        assert len(views) == 5
        directions = np.array([view.eye / np.linalg.norm(view.eye) for view in views])
        flat = directions[:, [0, 2]] / np.linalg.norm(directions[:, [0, 2]], axis=1, keepdims=True)
        assert (flat @ flat.T).min() > np.cos(SWEEP[1] + 0.4)  # the sweep and the wobble of a hand
        for view in views:
            assert ELEVATION[0] <= view.camera.elevation <= ELEVATION[1]
            assert DISTANCE[0] <= view.camera.distance <= DISTANCE[1]
            assert np.abs(view.shift).max() <= 0.5


def test_every_side_is_walked():
    angles = [walk(np.random.default_rng(seed), 32, 1)[0].camera.azimuth for seed in range(400)]
    assert len(walk(np.random.default_rng(0), 32, 1)) == 1
    counts, _ = np.histogram((np.array(angles) + np.pi) % (2 * np.pi), bins=8, range=(0, 2 * np.pi))
    assert counts.min() > 25  # 50 of each are expected
