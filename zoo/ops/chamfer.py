"""Chamfer distance between point sets (Fan et al., arXiv 1612.00603)."""

from __future__ import annotations

import torch
from torch import Tensor

from zoo.ops.grouping import gather_points
from zoo.ops.neighbors import nearest_indices
from zoo.ops.validate import as_clouds


def chamfer_distance(a: Tensor, b: Tensor, *, norm: int = 2, reduction: str = 'mean') -> Tensor:
    """How far two clouds are from each other, by nearest neighbors both ways.

    ``norm=2`` adds the two mean *squared* distances, ``norm=1`` halves the sum of the two mean distances. The gradient
    is exact: the nearest neighbor is searched without a graph, and only the chosen differences are differentiated.
    Where two points coincide, the gradient of the distance is zero.

    Args:
        a: Clouds (B, N, 3).
        b: Clouds (B, M, 3).
        norm: 1 or 2, see above.
        reduction: ``'mean'`` over the clouds, or ``'none'``.

    Returns:
        A scalar, or one value per cloud (B,), float32 (float64 for float64 input). The mean over no cloud is zero.

    Raises:
        ValueError: If shapes or options are wrong, or coordinates are NaN or infinite.
    """
    if norm not in (1, 2):
        raise ValueError(f'norm must be 1 or 2, got {norm!r}')
    if reduction not in ('mean', 'none'):
        raise ValueError(f"reduction must be 'mean' or 'none', got {reduction!r}")
    a, b = as_clouds(a, b, names=('a', 'b'))
    nearest_b, nearest_a = nearest_indices(a, b)
    there = _mean_distance(a - gather_points(b, nearest_b), norm)
    back = _mean_distance(b - gather_points(a, nearest_a), norm)
    distance = there + back if norm == 2 else (there + back) / 2
    if reduction == 'none':
        return distance
    return distance.mean() if a.shape[0] else distance.sum()


def _mean_distance(difference: Tensor, norm: int) -> Tensor:
    """Mean length or its square, (B,) of differences (B, N, 3); torch gives a norm of zero the gradient zero."""
    length = difference.square().sum(dim=-1) if norm == 2 else torch.linalg.vector_norm(difference, dim=-1)
    return length.mean(dim=-1)
