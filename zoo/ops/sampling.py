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
        points: clouds (B, N, 3).
        num_samples: samples S per cloud; may exceed N.
        start: index of the first sample.
        skip_near_origin: whether points whose squared norm is at most 1e-3 are never chosen, as by pointnet2_ops, which
            the released ReCon and Point-MAE weights were trained with. The first sample is ``start`` all the same; a
            cloud of nothing but such points repeats it.

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
    skipped = near_origin(points) if skip_near_origin else None
    index = backend.kernels_for(points).farthest_points(points, num_samples, start, skipped)
    if skipped is not None or num_samples > points.shape[1]:
        index = _repeated(index, skipped, points.shape[1], start)
    return index


def _empty_result(points: Tensor, num_samples: int, start: int, skip_near_origin: bool) -> Tensor:
    return points.new_empty((points.shape[0], num_samples), dtype=torch.int64)


def near_origin(points: Tensor) -> Tensor:
    """Which points (B, N) of clouds (B, N, 3) ``skip_near_origin`` leaves out."""
    x, y, z = points.unbind(-1)
    # The bound is a double in the reference; in float32 it would round up.
    return (x * x + y * y + z * z).double() <= NEAR_ORIGIN


def _repeated(index: Tensor, skipped: Tensor | None, num_points: int, start: int) -> Tensor:
    """Sequences (B, S) that go in a cycle where no point (B, N) is left that is allowed and new."""
    length = index.new_full((len(index), 1), num_points)
    head = torch.zeros_like(length)
    if skipped is not None:
        odd = skipped[:, start : start + 1].long()
        length += odd - skipped.sum(dim=1, keepdim=True)
        # A start near the origin is given once; the cycle leaves it out if it has anything else.
        head = odd * (length > 1)
    position = torch.arange(index.shape[1], device=index.device).expand_as(index)
    return index.gather(1, torch.where(position < length, position, head + (position - length) % (length - head)))


_operator = define_operator(
    'farthest_points(Tensor points, int num_samples, int start, bool skip_near_origin) -> Tensor',
    _farthest_points,
    _empty_result,
)
