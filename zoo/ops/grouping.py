"""Cutting a cloud into overlapping patches (Point-BERT, arXiv 2111.14819; Point-MAE, arXiv 2203.06604)."""

from __future__ import annotations

import torch
from torch import Tensor

from zoo.ops.neighbors import nearest_neighbors
from zoo.ops.ordering import in_order
from zoo.ops.sampling import farthest_point_sample
from zoo.ops.validate import as_clouds, require_positive


def gather_points(points: Tensor, index: Tensor) -> Tensor:
    """Look up rows of every cloud; differentiable with respect to the rows.

    Args:
        points: Rows (B, N, C) of any type: coordinates, features, labels.
        index: Indices (B, ...) into N.

    Returns:
        Rows (B, ..., C), of the type of ``points``.

    Raises:
        ValueError: If shapes do not fit or the indices are not integers.
    """
    if points.dim() != 3 or not index.dim() or index.shape[0] != points.shape[0]:
        raise ValueError(f'points (B, N, C) and index (B, ...) do not fit: {tuple(points.shape)}, {tuple(index.shape)}')
    if index.is_floating_point() or index.dtype == torch.bool:
        raise ValueError(f'index must hold integers, got {index.dtype}')
    channels = points.shape[-1]
    # Sizes by ``shape``, here and in the layers: what ``len`` returns is a constant of traced and exported graphs.
    size = points.shape[0]
    flat = index.long().reshape(size, -1, 1) if index.numel() else index.new_empty((size, 0, 1)).long()
    return points.gather(1, flat.expand(-1, -1, channels)).reshape(*index.shape, channels)


def gather_rows(points: Tensor, index: Tensor) -> Tensor:
    """:func:`gather_points` for indices that a search of this package returned: unchecked, faster for wide rows.

    Whole rows are copied instead of single numbers, two to three times faster on the CPU from about 64 channels on. An
    index outside of [0, N) would read another cloud.

    Args:
        points: Rows (B, N, C).
        index: Indices (B, ...) into N.

    Returns:
        Rows (B, ..., C).
    """
    clouds, size, channels = points.shape
    first = torch.arange(0, clouds * size, size, device=index.device) if size else index.new_zeros(clouds)
    flat = index.flatten(1) + first.unsqueeze(1)
    return points.reshape(-1, channels).index_select(0, flat.flatten()).reshape(*index.shape, channels)


def group(
    points: Tensor, num_groups: int, group_size: int, *, skip_near_origin: bool = False, order: str = 'given'
) -> tuple[Tensor, Tensor]:
    """Cut clouds into patches: centers by farthest point sampling from the first point, members by nearest neighbors.

    Members come nearest first, so the center itself leads (or its duplicate of lower index). With fewer points than
    groups, centers repeat; with fewer points than members, the nearest member repeats. Differentiable with respect to
    the points, the choice of members being fixed.

    Args:
        points: Clouds (B, N, 3).
        num_groups: G, patches per cloud; may exceed N.
        group_size: K, points per patch; may exceed N.
        skip_near_origin: See :func:`zoo.ops.farthest_point_sample`; concerns the centers alone.
        order: ``given``: the first point is that of the tensor; ``shape``: see :func:`zoo.ops.in_order`.

    Returns:
        Members relative to their center (B, G, K, 3) and centers (B, G, 3), float32 (float64 for float64 input).

    Raises:
        ValueError: If shapes or counts are wrong, or coordinates are NaN or infinite.
    """
    (points,) = as_clouds(points, names=('points',))
    require_positive(num_groups, 'num_groups')
    require_positive(group_size, 'group_size')
    points = in_order(points, order, skip_near_origin=skip_near_origin)
    chosen = farthest_point_sample(points, num_groups, skip_near_origin=skip_near_origin)
    centers = gather_points(points, chosen)
    _, members = nearest_neighbors(centers, points, group_size, check=False)
    return gather_points(points, members) - centers.unsqueeze(2), centers
