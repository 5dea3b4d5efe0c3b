"""Cutting a cloud into overlapping patches (Point-BERT, arXiv 2111.14819; Point-MAE, arXiv 2203.06604)."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from zoo.ops import backend
from zoo.ops.library import define_operator
from zoo.ops.neighbors import nearest
from zoo.ops.ordering import in_order
from zoo.ops.sampling import farthest_point_sample
from zoo.ops.validate import as_clouds, require_positive


def gather_points(points: Tensor, index: Tensor) -> Tensor:
    """Look up rows of every cloud; differentiable with respect to the rows.

    Args:
        points: rows (B, N, C) of any type: coordinates, features, labels.
        index: indices (B, ...) into N.

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
        points: rows (B, N, C).
        index: indices (B, ...) into N.

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
        points: clouds (B, N, 3).
        num_groups: patches G per cloud; may exceed N.
        group_size: points K per patch; may exceed N.
        skip_near_origin: choice of centers, see :func:`zoo.ops.farthest_point_sample`.
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
    relative, _ = cast('tuple[Tensor, Tensor]', _operator(points, centers, group_size))
    return relative, centers


def _neighborhoods(points: Tensor, centers: Tensor, group_size: int) -> tuple[Tensor, Tensor]:
    """Members relative to their center (B, G, K, 3), and their indices (B, G, K)."""
    if not points.numel():
        return _shapes(points, centers, group_size)
    fused = backend.fused_for(points)
    if fused is not None:
        return fused.neighborhoods(points, centers, group_size)
    _, members = nearest(centers, points, group_size)
    return gather_points(points, members) - centers.unsqueeze(2), members


def _shapes(points: Tensor, centers: Tensor, group_size: int) -> tuple[Tensor, Tensor]:
    shape = (*centers.shape[:2], group_size)
    return points.new_empty((*shape, 3)), points.new_empty(shape, dtype=torch.int64)


def _remember(ctx: Any, inputs: tuple[Tensor, Tensor, int], output: tuple[Tensor, Tensor]) -> None:
    ctx.save_for_backward(output[1])
    ctx.size = inputs[0].shape[1]


def _backward(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
    (members,) = ctx.saved_tensors
    to_points = to_centers = None
    if ctx.needs_input_grad[0]:
        place = members.flatten(1).unsqueeze(-1).expand(-1, -1, 3)
        to_points = grad.new_zeros(grad.shape[0], ctx.size, 3).scatter_add(1, place, grad.flatten(1, 2))
    if ctx.needs_input_grad[1]:
        to_centers = -grad.sum(dim=2)
    return to_points, to_centers, None


_operator = define_operator(
    'neighborhoods(Tensor points, Tensor centers, int group_size) -> (Tensor, Tensor)',
    _neighborhoods,
    _shapes,
    (_remember, _backward),
)
