"""Corruptions that move points: scale, jitter and rotate (arXiv 2202.03377).

All draws of an object are the same at every severity, which only sets their size.
"""

from __future__ import annotations

import math

import torch
from scipy.spatial.transform import Rotation

from zoo.transforms.batch import Batch, stretched, turned
from zoo.transforms.corruptions.draws import KeyedDraws
from zoo.transforms.normalise import unit_sphere

LARGEST_SCALES = (1.6, 1.7, 1.8, 1.9, 2.0)
"""Largest factor ``s`` of an axis at each severity; the smallest one is ``1 / s``."""

JITTER_STEP = 0.01
"""Standard deviation that each severity adds, in radii of the unit sphere."""

ANGLE_STEP = math.pi / 30
"""Largest angle about an axis that each severity adds, in radians: 6 degrees, so 30 in the end."""


def scale(batch: Batch, severity: int, draws: KeyedDraws) -> Batch:
    """Stretch every axis by a factor uniform in ``1 / s`` to ``s``, then bring the cloud back into the unit sphere."""
    largest = LARGEST_SCALES[severity - 1]
    factor = 1 / largest + (largest - 1 / largest) * draws.uniform(1, 3)
    batch = stretched(batch, torch.from_numpy(factor))
    return {**batch, 'points': unit_sphere(batch['points'])}


def jitter(batch: Batch, severity: int, draws: KeyedDraws) -> Batch:
    """Move every coordinate by normal noise, without a cut, and leave the cloud where it is."""
    points = batch['points']
    noise = JITTER_STEP * severity * draws.normal(*points.shape[1:])
    return {**batch, 'points': points + torch.from_numpy(noise).to(points, non_blocking=True)}


def rotate(batch: Batch, severity: int, draws: KeyedDraws) -> Batch:
    """Turn about all three axes by angles that are uniform in both directions.

    Parity: rows of points are multiplied by ``Rz Ry Rx`` from the right, so the cloud is turned by the inverse of it.
    """
    angle = ANGLE_STEP * severity * (2 * draws.uniform(3) - 1)
    return turned(batch, torch.from_numpy(Rotation.from_euler('xyz', angle).as_matrix()))
