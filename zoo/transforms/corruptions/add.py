"""Corruptions that add points: add global and add local (arXiv 2202.03377).

Added points come after those that were there. They belong to no surface: their ``normals`` are zero, their ``part`` is
:data:`NO_PART`.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from zoo.transforms.batch import Batch, take_points
from zoo.transforms.corruptions.clusters import (
    MOST_CLUSTERS,
    REFERENCE_POINTS,
    cluster_of_points,
    most_local_points,
)
from zoo.transforms.corruptions.draws import KeyedDraws

NO_PART = -1
"""Part of a point that was added."""

GLOBAL_STEP = 10
"""Points that each severity adds to 1024 anywhere in the unit sphere."""

SPREADS = (0.075, 0.125)
"""Range of the standard deviation of an added cluster, in radii of the unit sphere."""


def add_global(batch: Batch, severity: int, draws: KeyedDraws) -> Batch:
    """Add points uniform in the ball of radius 1 about the origin: 10 to 50 for 1024, in proportion for others."""
    total = batch['points'].shape[1]
    count = max(1, round(GLOBAL_STEP * severity * total / REFERENCE_POINTS))
    height, turn, depth = np.moveaxis(draws.uniform(count, 3), 2, 0)
    radius, cosine, angle = np.cbrt(depth), 2 * height - 1, 2 * np.pi * turn
    sine = np.sqrt(1 - cosine * cosine)
    direction = np.stack([sine * np.cos(angle), sine * np.sin(angle), cosine], axis=2)
    return _with_points(batch, torch.from_numpy(radius[:, :, None] * direction))


def add_local(batch: Batch, severity: int, draws: KeyedDraws) -> Batch:
    """Add 1 to 7 normal clusters around random points of the cloud; they share :func:`local_points` at random.

    Parity: an added point outside of the unit sphere is divided by its squared norm, as in the released code, so
    that it comes to lie inside and not on it.
    """
    points = batch['points']
    total = points.shape[1]
    cluster = cluster_of_points(draws, total, severity)
    low, high = SPREADS
    spread = low + (high - low) * draws.uniform(MOST_CLUSTERS)
    middle = draws.permutation(total)[:, np.arange(MOST_CLUSTERS) % total]
    noise = draws.normal(most_local_points(total), 3)[:, : cluster.shape[1]]
    moved = np.take_along_axis(spread, cluster, axis=1)[:, :, None] * noise
    around = torch.from_numpy(np.take_along_axis(middle, cluster, axis=1)).to(points.device, non_blocking=True)
    added = take_points({'points': points}, around)['points'] + torch.from_numpy(moved).to(points, non_blocking=True)
    x, y, z = added.split(1, dim=2)
    return _with_points(batch, added / (x * x + y * y + z * z).clamp_min(1))


def _with_points(batch: Batch, added: Tensor) -> Batch:
    """Return the batch with more points ``(B, M, 3)``."""
    points = batch['points']
    result = {**batch, 'points': torch.cat([points, added.to(points, non_blocking=True)], dim=1)}
    size, count = added.shape[:2]
    if 'normals' in batch:
        result['normals'] = torch.cat([batch['normals'], batch['normals'].new_zeros(size, count, 3)], dim=1)
    if 'part' in batch:
        result['part'] = torch.cat([batch['part'], batch['part'].new_full((size, count), NO_PART)], dim=1)
    return result
