from __future__ import annotations

import numpy as np
import pytest

from zoo.datasets.meshes import camera
from zoo.datasets.meshes.camera import Camera, random_camera


@pytest.mark.parametrize(('azimuth', 'elevation'), [(0.0, 0.0), (0.7, 0.3), (-1.1, 0.8)])
def test_axes_are_those_of_a_camera_at_its_place(azimuth, elevation):
    right, up, backward = Camera(azimuth, elevation).axes()
    place = [np.cos(elevation) * np.sin(azimuth), np.sin(elevation), np.cos(elevation) * np.cos(azimuth)]
    assert np.allclose(backward, place)
    assert np.allclose(np.cross(right, up), backward)
    assert right[1] == 0
    assert up[1] > 0


def test_projection_against_a_pinhole():
    view = Camera(0.4, 0.3, distance=3.0, margin=0.1)
    points = np.random.default_rng(0).uniform(-0.55, 0.55, (50, 3))
    screen, inverse_depth = view.project(points, 200)
    right, up, backward = view.axes()
    eye = 3.0 * backward
    rays = points - eye
    depth = -rays @ backward
    assert np.allclose(inverse_depth, 1 / depth)
    flat = np.stack([rays @ right / depth, -(rays @ up) / depth], axis=1)
    scale = np.ptp(screen, axis=0) / np.ptp(flat, axis=0)
    assert scale[0] == pytest.approx(scale[1])  # nothing is distorted
    assert np.allclose(screen - screen[0], (flat - flat[0]) * scale[0])


def test_the_picture_is_cropped_to_the_object():
    points = np.random.default_rng(1).uniform(-0.3, 0.3, (80, 3)) * (1, 2, 1)
    screen, _ = Camera(0.2, 0.1, margin=0.1).project(points, 100)
    assert np.allclose([screen[:, 1].min(), screen[:, 1].max()], [10, 90])
    assert np.isclose(screen[:, 0].min() + screen[:, 0].max(), 100)


def test_random_viewpoints_keep_to_their_ranges_and_vary():
    views = [random_camera(np.random.default_rng(seed)) for seed in range(200)]
    for name, (low, high) in {
        'azimuth': (-camera.AZIMUTH, camera.AZIMUTH),
        'elevation': camera.ELEVATION,
        'distance': camera.DISTANCE,
        'margin': camera.MARGIN,
    }.items():
        values = np.array([getattr(view, name) for view in views])
        assert values.min() >= low
        assert values.max() <= high
        assert np.ptp(values) > 0.9 * (high - low)
