"""Chamfer distance between point sets (Fan et al., arXiv 1612.00603)."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from zoo.ops import backend
from zoo.ops.grouping import gather_points
from zoo.ops.library import define_operator
from zoo.ops.validate import as_clouds, require_finite


def chamfer_distance(a: Tensor, b: Tensor, *, norm: int = 2, reduction: str = 'mean') -> Tensor:
    """How far two clouds are from each other, by nearest neighbors both ways.

    ``norm=2`` adds the two mean *squared* distances, ``norm=1`` halves the sum of the two mean distances. The gradient
    is exact: the nearest neighbor is searched without a graph, and only the chosen differences are differentiated.
    Where two points coincide, the gradient of the distance is zero.

    Args:
        a: clouds (B, N, 3).
        b: clouds (B, M, 3).
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
    distance, _, _ = cast('tuple[Tensor, Tensor, Tensor]', _operator(a, b, norm))
    if reduction == 'none':
        return distance
    return distance.mean() if a.shape[0] else distance.sum()


def _distance(a: Tensor, b: Tensor, norm: int) -> tuple[Tensor, Tensor, Tensor]:
    """Distances (B,), and the indices of the nearest point of b (B, N) and of a (B, M)."""
    if not len(a):
        return _distance_shapes(a, b, norm)
    require_finite(a, b, names=('a', 'b'))
    fused = backend.fused_for(a)
    if fused is not None:
        return fused.chamfer(a, b, norm)
    kernels = backend.kernels_for(a)
    nearest_b, nearest_a = kernels.nearest_index(a, b), kernels.nearest_index(b, a)
    there = _mean_length(a - gather_points(b, nearest_b), norm)
    back = _mean_length(b - gather_points(a, nearest_a), norm)
    return there + back if norm == 2 else (there + back) / 2, nearest_b, nearest_a


def _distance_shapes(a: Tensor, b: Tensor, norm: int) -> tuple[Tensor, Tensor, Tensor]:
    nearest_b, nearest_a = (cloud.new_empty(cloud.shape[:2], dtype=torch.int64) for cloud in (a, b))
    return a.new_empty(a.shape[:1]), nearest_b, nearest_a


def _mean_length(difference: Tensor, norm: int) -> Tensor:
    """Mean length or its square, (B,) of differences (B, N, 3)."""
    length = difference.square().sum(dim=-1) if norm == 2 else torch.linalg.vector_norm(difference, dim=-1)
    return length.mean(dim=-1)


def _remember(ctx: Any, inputs: tuple[Tensor, Tensor, int], output: tuple[Tensor, Tensor, Tensor]) -> None:
    ctx.save_for_backward(*inputs[:2], *output[1:])
    ctx.norm = inputs[2]


def _backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
    a, b, nearest_b, nearest_a = ctx.saved_tensors
    # Whoever differentiates the gradient again needs its formula; the operator has none.
    gradient = _formula if torch.is_grad_enabled() else _gradient_operator
    to_a = gradient(grad, a, b, nearest_b, nearest_a, ctx.norm) if ctx.needs_input_grad[0] else None
    to_b = gradient(grad, b, a, nearest_a, nearest_b, ctx.norm) if ctx.needs_input_grad[1] else None
    return cast('Tensor | None', to_a), cast('Tensor | None', to_b), None


def _gradient(grad: Tensor, a: Tensor, b: Tensor, nearest_b: Tensor, nearest_a: Tensor, norm: int) -> Tensor:
    fused = backend.fused_for(a)
    compute = _formula if fused is None or not len(a) else fused.chamfer_gradient
    return compute(grad, a, b, nearest_b, nearest_a, norm)


def _formula(grad: Tensor, a: Tensor, b: Tensor, nearest_b: Tensor, nearest_a: Tensor, norm: int) -> Tensor:
    """Gradient (B, N, 3) with respect to a, from that of the distances (B,)."""
    own = _slope(a - gather_points(b, nearest_b), norm) / a.shape[1]
    pulled = _slope(gather_points(a, nearest_a) - b, norm) / b.shape[1]
    return own.scatter_add(1, nearest_a.unsqueeze(-1).expand(-1, -1, 3), pulled) * grad.view(-1, 1, 1)


def _slope(difference: Tensor, norm: int) -> Tensor:
    """Gradient of the squares, or of half the lengths, of differences (B, N, 3); zero where they are."""
    if norm == 2:
        return 2 * difference
    length = 2 * torch.linalg.vector_norm(difference, dim=-1, keepdim=True)
    return difference / length.masked_fill(length == 0, 1)


def _gradient_shapes(grad: Tensor, a: Tensor, b: Tensor, nearest_b: Tensor, nearest_a: Tensor, norm: int) -> Tensor:
    return a.new_empty(a.shape)


_operator = define_operator(
    'chamfer(Tensor a, Tensor b, int norm) -> (Tensor, Tensor, Tensor)',
    _distance,
    _distance_shapes,
    (_remember, _backward),
)
_gradient_operator = define_operator(
    'chamfer_gradient(Tensor grad, Tensor a, Tensor b, Tensor nearest_b, Tensor nearest_a, int norm) -> Tensor',
    _gradient,
    _gradient_shapes,
)
