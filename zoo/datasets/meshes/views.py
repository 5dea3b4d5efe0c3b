"""Pictures from all around an object: viewpoints at fixed angles, a little shaken by a seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.camera import Camera
from zoo.datasets.meshes.render import Drawable, picture

FIRST, LEVEL, DISTANCE = 0.55, 0.4, 3.0
"""Azimuth of the first view and elevation of all in radians, and distance from the center in radii of the object."""

SHAKE = (0.2, 0.12, 0.3)
"""Largest deviation of the azimuth, the elevation and the distance."""


def view(item: Drawable, size: int, number: int, count: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw one of several views; together they go once around the object, seen from a little above.

    The first looks at the front from its right; a light above and beside the camera and a pale background go with it.

    Args:
        item: The object, in the unit sphere, y up.
        size: Side of the picture in pixels.
        number: Number of the view, from 0.
        count: Number of views.
        rng: Source of the deviations.

    Returns:
        RGB, shape ``(size, size, 3)``.
    """
    azimuth, elevation, distance = SHAKE * (2 * rng.random(3) - 1)
    camera = Camera(
        FIRST + 2 * np.pi * number / count + azimuth / max(1, count / 8), LEVEL + elevation, DISTANCE + distance
    )
    light = camera.axes().T @ np.array([rng.uniform(-0.6, 0.6), rng.uniform(0.5, 1.0), 0.9])
    background = rng.uniform(0.9, 1.0) + rng.uniform(-0.02, 0.02, size=3)
    return picture(item, size, camera, light / np.linalg.norm(light), np.clip(background, 0, 1))
