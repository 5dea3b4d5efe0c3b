"""Pinhole cameras that look at an object in the unit sphere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray

DISTANCE = (2.4, 4.0)
AZIMUTH = 1.25
ELEVATION = (0.05, 0.75)
MARGIN = (0.04, 0.12)
"""Ranges of the random viewpoints: distance from the center, largest turn away from the front in radians, height above
the horizon in radians, and share of the picture left free on every side."""


@dataclass(frozen=True)
class Camera:
    """A viewpoint: angles in radians; azimuth 0 looks at the front, elevation 0 is level with the object."""

    azimuth: float
    elevation: float
    distance: float = 3.0
    margin: float = 0.06

    def axes(self) -> FloatArray:
        """Return right, up and backward (towards the camera) as the rows of a matrix ``(3, 3)``."""
        sin_a, cos_a = np.sin(self.azimuth), np.cos(self.azimuth)
        sin_e, cos_e = np.sin(self.elevation), np.cos(self.elevation)
        return np.array(
            [(cos_a, 0.0, -sin_a), (-sin_e * sin_a, cos_e, -sin_e * cos_a), (cos_e * sin_a, sin_e, cos_e * cos_a)]
        )

    def project(self, vertices: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
        """Project vertices and crop the picture to them.

        Args:
            vertices: ``(V, 3)``, closer to the origin than the camera.
            size: Side of the square picture in pixels.

        Returns:
            Pixel positions ``(V, 2)``, x to the right and y down, and the inverse of the distance along the view
            ``(V,)``, which is linear over a projected triangle.
        """
        seen = (vertices[:, None, :] * self.axes()).sum(axis=-1)
        inverse_depth = 1.0 / (self.distance - seen[:, 2])
        flat = seen[:, :2] * inverse_depth[:, None]
        low, high = flat.min(axis=0), flat.max(axis=0)
        scale = (1 - 2 * self.margin) * size / max(float((high - low).max()), 1e-9)
        screen = (flat - (low + high) / 2) * scale
        return screen * (1.0, -1.0) + size / 2, inverse_depth


def random_camera(rng: np.random.Generator) -> Camera:
    """Draw a viewpoint from the front and the sides, level or from above."""
    azimuth, elevation, distance, margin = rng.random(4)
    return Camera(
        azimuth=AZIMUTH * (2 * azimuth - 1),
        elevation=ELEVATION[0] + (ELEVATION[1] - ELEVATION[0]) * elevation,
        distance=DISTANCE[0] + (DISTANCE[1] - DISTANCE[0]) * distance,
        margin=MARGIN[0] + (MARGIN[1] - MARGIN[0]) * margin,
    )
