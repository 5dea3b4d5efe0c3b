"""What a depth sensor does to the truth: noise along the ray, surfaces it cannot measure, holes."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.mesh import FloatArray
from zoo.datasets.scans.visibility import Hits

RADIUS = 0.6
"""Metres that the radius of an object stands for: that of a chair. Noise is given in metres, objects have radius 1."""

GRAZING = 0.1
"""Cosine of the angle of incidence below which nothing comes back to the sensor: 84 degrees and more."""

HOLES = 4
HOLE_RADIUS = (0.04, 0.15)
"""Most holes of a scan, and the range of their radii; the object has radius 1."""


def axial_deviation(depth: FloatArray, angle: FloatArray) -> FloatArray:
    """Return the standard deviation of the distance that a Kinect measures.

    Source: C. V. Nguyen, S. Izadi, D. Lovell, "Modeling Kinect Sensor Noise for Improved 3D Reconstruction and
    Tracking", 3DIMPVT 2012: ``0.0012 + 0.0019 (z - 0.4)^2``, and more beyond 60 degrees of incidence.

    Args:
        depth: Distance along the view in metres, of any shape.
        angle: Angle of incidence in radians, of the same shape.
    """
    frontal = 0.0012 + 0.0019 * (depth - 0.4) ** 2
    left = np.maximum(np.pi / 2 - angle, 0.05)
    oblique = 0.0001 / np.sqrt(depth) * (angle / left) ** 2
    return np.where(angle > np.pi / 3, frontal + oblique, frontal)


def measure(hits: Hits, rng: np.random.Generator) -> Hits:
    """Return what a sensor reports of what it sees: without grazing surfaces, and moved along the rays by its noise."""
    hits = hits.take(hits.cosine > GRAZING)
    angle = np.arccos(np.clip(hits.cosine, 0, 1))
    deviation = axial_deviation(hits.depth * RADIUS, angle) / RADIUS
    error = deviation * rng.standard_normal(len(hits))
    return dataclasses.replace(hits, points=hits.points + error[:, None] * hits.ray)


def holes(points: FloatArray, centers: FloatArray, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which points ``(P, 3)`` remain of a scan with holes, as mask ``(P,)``.

    Args:
        points: The scan.
        centers: Candidates for the middle of a hole, ``(M, 3)``, at least one.
        rng: Source of the number of holes, their places and radii.
    """
    kept = np.ones(len(points), dtype=bool)
    for _ in range(rng.integers(HOLES + 1)):
        center, radius = centers[rng.integers(len(centers))], rng.uniform(*HOLE_RADIUS)
        offset = points - center
        kept &= np.einsum('pc,pc->p', offset, offset) > radius**2
    return kept
