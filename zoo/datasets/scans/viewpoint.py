"""Where a depth camera stands: a short walk along one side of an object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoo.datasets.meshes.camera import Camera
from zoo.datasets.meshes.mesh import FloatArray

VIEWS = 3
"""Frames of a walk that are fused."""

SWEEP = (0.7, 1.7)
ELEVATION = (0.12, 0.7)
DISTANCE = (2.7, 5.2)
"""Ranges of the angle between the first and the last frame, of the height above the horizon (both in radians), and of
the distance from the center of the object, which has radius 1."""

WOBBLE = 0.06
"""Standard deviation in radians by which the hand that carries the camera leaves the arc."""

REACH = 1.7
"""Radius about the center of the object that every frame covers: the object and what touches it."""

NEAR = 0.3
"""A camera sees nothing closer than this."""


@dataclass(frozen=True)
class View:
    """One frame of a depth camera that looks at the origin.

    Attributes:
        camera: Its viewpoint.
        size: Side of the square frame in pixels.
        shift: Offset of the frame in pixels, shape ``(2,)``: the grids of two frames never fall together.
    """

    camera: Camera
    size: int
    shift: tuple[float, float]

    @property
    def eye(self) -> FloatArray:
        """Position of the camera, shape ``(3,)``."""
        return self.camera.axes()[2] * self.camera.distance

    @property
    def focal(self) -> float:
        """Focal length in pixels at which a sphere of radius ``REACH`` fills the frame."""
        distance = self.camera.distance
        return self.size / 2 * float(np.sqrt(distance**2 - REACH**2)) / REACH

    def project(self, vertices: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Project vertices ``(V, 3)``.

        Returns:
            Pixel positions ``(V, 2)``, x to the right and y down, and distance along the view ``(V,)``. What is nearer
            than ``NEAR`` is put there: its pixel position means nothing.
        """
        seen = (vertices[:, None, :] * self.camera.axes()).sum(axis=-1)
        depth = np.maximum(self.camera.distance - seen[:, 2], NEAR)
        screen = seen[:, :2] * (1.0, -1.0) * (self.focal / depth)[:, None]
        return screen + self.size / 2 + self.shift, depth


def walk(rng: np.random.Generator, size: int, views: int = VIEWS) -> list[View]:
    """Draw the frames of a walk past an object, from any side, at the height of a hand.

    Args:
        rng: Source of randomness.
        size: Side of a frame in pixels.
        views: Number of frames.
    """
    middle, sweep = rng.uniform(-np.pi, np.pi), rng.uniform(*SWEEP)
    elevation, distance = rng.uniform(*ELEVATION), rng.uniform(*DISTANCE)
    steps = np.linspace(-0.5, 0.5, views) if views > 1 else [0.0]
    frames = []
    for step in steps:
        azimuth = middle + sweep * float(step) + WOBBLE * rng.standard_normal()
        height = float(np.clip(elevation + WOBBLE * rng.standard_normal(), *ELEVATION))
        away = float(np.clip(distance * (1 + WOBBLE * rng.standard_normal()), *DISTANCE))
        across, down = rng.uniform(-0.5, 0.5, size=2)
        frames.append(View(Camera(azimuth, height, away), size, (float(across), float(down))))
    return frames
