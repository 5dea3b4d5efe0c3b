"""Farthest point sampling (Eldar et al., 1997; as the first step of PointNet++, arXiv 1706.02413)."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from zoo.ops import backend
from zoo.ops.library import define_operator
from zoo.ops.validate import as_clouds, require_finite, require_positive

NEAR_ORIGIN = 1e-3
"""Squared norm up to which ``skip_near_origin`` leaves points out. Parity: the constant in pointnet2_ops' kernel."""


def farthest_point_sample(
    points: Tensor, num_samples: int, *, start: int = 0, skip_near_origin: bool = False
) -> Tensor:
    """Choose points that are far from each other: each next one is the farthest from all chosen before.

    Ties go to the lowest index. No index is chosen twice while another is left; after that (fewer points than samples)
    the sequence of allowed picks repeats from its beginning. The first S' of S samples are the answer for S'.

    Args:
        points: Clouds (B, N, 3).
        num_samples: S, samples per cloud; may exceed N.
        start: Index of the first sample.
        skip_near_origin: Never choose points whose squared norm is at most 1e-3, as pointnet2_ops, which the released
            ReCon and Point-MAE weights were trained with. The first sample is ``start`` all the same; a cloud of
            nothing but such points repeats it.

    Returns:
        Indices (B, S), int64.

    Raises:
        ValueError: If shapes or counts are wrong, ``start`` is no index, or coordinates are NaN or infinite.
    """
    (points,) = as_clouds(points, names=('points',))
    require_positive(num_samples, 'num_samples')
    if points.shape[0] and not 0 <= start < points.shape[1]:
        raise ValueError(f'start must be an index below {points.shape[1]}, got {start}')
    return cast('Tensor', _operator(points.detach(), num_samples, start, skip_near_origin))


def _farthest_points(points: Tensor, num_samples: int, start: int, skip_near_origin: bool) -> Tensor:
    if not len(points):
        return _empty_result(points, num_samples, start, skip_near_origin)
    require_finite(points, names=('points',))
    skipped = near_origin(points) if skip_near_origin else points.new_zeros(points.shape[:2], dtype=torch.bool)
    index, reach = backend.kernels_for(points).farthest_points(points, num_samples, start, skipped)
    # With a positive distance at the last pick every pick was new, and completing changes nothing. Asking costs the CPU
    # less than sorting; a GPU would have to be waited for, so it sorts.
    if num_samples > 1 and (index.is_cuda or bool((reach <= 0).any())):
        index = _complete(index, skipped, start)
    return index


def _empty_result(points: Tensor, num_samples: int, start: int, skip_near_origin: bool) -> Tensor:
    return points.new_empty((points.shape[0], num_samples), dtype=torch.int64)


def near_origin(points: Tensor) -> Tensor:
    """Which points (B, N) of clouds (B, N, 3) ``skip_near_origin`` leaves out."""
    x, y, z = points.unbind(-1)
    # The bound is a double in the reference; in float32 it would round up.
    return (x * x + y * y + z * z).double() <= NEAR_ORIGIN


def _complete(index: Tensor, skipped: Tensor, start: int) -> Tensor:
    """Rewrite sequences (B, S) that ran out of new places: unchosen allowed points by index, then a cycle.

    Such a sequence is right up to its first pick at distance zero. The remaining allowed points are duplicates of
    chosen ones, so their distances tie at zero and their order is that of the indices.
    """
    num_samples, num_points = index.shape[1], skipped.shape[1]
    last = num_samples + num_points
    rank = torch.arange(num_samples, last, device=index.device).repeat(len(index), 1)
    position = torch.arange(num_samples, device=index.device).expand_as(index)
    rank.scatter_reduce_(1, index, position, 'amin')
    rank.masked_fill_(skipped, last)
    rank[:, start] = 0
    order = rank.argsort(dim=1)
    length = (rank < last).sum(dim=1, keepdim=True)
    # A start near the origin is given once; the cycle leaves it out if it has anything else.
    head = (skipped[:, start : start + 1] & (length > 1)).long()
    position = torch.where(position < length, position, head + (position - length) % (length - head))
    return order.gather(1, position)


_operator = define_operator(
    'farthest_points(Tensor points, int num_samples, int start, bool skip_near_origin) -> Tensor',
    _farthest_points,
    _empty_result,
)
