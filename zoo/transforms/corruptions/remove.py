"""Corruptions that take points away: drop global and drop local (arXiv 2202.03377).

What is left keeps its order. Parity: the released code leaves points in random order (global) or by falling distance
from the last hole (local), which matters only to models that look at the order.
"""

from __future__ import annotations

import torch
from torch import Tensor

from zoo.transforms.batch import Batch, take_points
from zoo.transforms.corruptions.clusters import MOST_CLUSTERS, cluster_of_points, local_points
from zoo.transforms.corruptions.draws import KeyedDraws

DROP_RATES = (0.25, 0.375, 0.5, 0.625, 0.75)
"""Share of the points that is dropped at each severity. Parity: the released code; its web page says 0.675 for 4."""


def drop_global(batch: Batch, severity: int, draws: KeyedDraws) -> Batch:
    """Keep a random choice of ``int(N * (1 - rate))`` points; a higher severity keeps a part of what a lower one does.

    At least one point is left.
    """
    points = batch['points']
    total = points.shape[1]
    kept = max(1, int(total * (1 - DROP_RATES[severity - 1])))
    index = torch.from_numpy(draws.permutation(total)[:, :kept]).sort(dim=1).values
    return take_points(batch, index.to(points.device, non_blocking=True))


def drop_local(batch: Batch, severity: int, draws: KeyedDraws) -> Batch:
    """Cut 1 to 7 holes, one after the other, each around a random point that is left: that point and those nearest it.

    Every point of the total, see :func:`local_points`, goes to one of the holes at random; a hole may get none. At
    least one point is left.
    """
    points = batch['points']
    total = points.shape[1]
    removed = min(local_points(total, severity), total - 1)
    chosen = torch.from_numpy(cluster_of_points(draws, total, severity)[:, :removed])
    sizes = torch.stack([(chosen == hole).sum(dim=1) for hole in range(MOST_CLUSTERS)], dim=1)
    # Of the points that are left, the one at this share of the way; as good as the first one of a shuffled cloud.
    share = torch.from_numpy(draws.uniform(MOST_CLUSTERS))
    sizes, share = (part.to(points.device, non_blocking=True) for part in (sizes, share))
    left = torch.ones(points.shape[:2], dtype=torch.bool, device=points.device)
    for hole in range(MOST_CLUSTERS):
        left = _cut(points, left, share[:, hole, None], sizes[:, hole, None])
    index = left.logical_not().sort(dim=1, stable=True).indices[:, : total - removed]
    return take_points(batch, index)


def _cut(points: Tensor, left: Tensor, share: Tensor, size: Tensor) -> Tensor:
    """Cut a hole of ``size (B, 1)`` points around the one at ``share (B, 1)`` of those ``left (B, N)``, bool."""
    order = left.cumsum(dim=1)
    rank = (share * order[:, -1:]).long() + 1
    center = torch.searchsorted(order, rank)
    dx, dy, dz = (points - points.gather(1, center[:, :, None].expand(-1, -1, 3))).unbind(dim=2)
    distance = (dx * dx + dy * dy + dz * dz).masked_fill(left.logical_not(), float('inf'))
    nearest = distance.sort(dim=1, stable=True).indices
    gone = torch.arange(points.shape[1], device=points.device) < size
    return left & ~torch.zeros_like(left).scatter(1, nearest, gone)
