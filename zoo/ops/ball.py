"""Neighbors within a radius (PointNet++, arXiv 1706.02413)."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from torch import Tensor

from zoo.ops import backend
from zoo.ops.library import define_operator
from zoo.ops.validate import as_clouds, require_finite, require_positive


def ball_query(query: Tensor, reference: Tensor, radius: float, k: int) -> Tensor:
    """Find up to k reference points that are closer to a query point than a radius.

    Parity: as the kernel of PointNet++ does, the k points of lowest index count, not the nearest; the first of them
    fills the places that are left; an empty ball holds point 0. So the answer depends on the order of the points where
    a ball holds more than k of them.

    Args:
        query: points (B, M, 3); M may be zero.
        reference: clouds (B, N, 3).
        radius: distance in the unit of the coordinates; points at exactly that are outside.
        k: members per ball; may exceed N.

    Returns:
        Indices (B, M, k), int64, ascending up to the filling.

    Raises:
        ValueError: If shapes, radius or k are wrong, or coordinates are NaN or infinite.
    """
    query, reference = as_clouds(query, reference, names=('query', 'reference'), may_be_empty='query')
    require_positive(k, 'k')
    if not 0 < radius < float('inf'):
        raise ValueError(f'radius must be positive and finite, got {radius}')
    return cast('Tensor', _operator(query.detach(), reference.detach(), radius, k))


def _search(query: Tensor, reference: Tensor, radius: float, k: int) -> Tensor:
    if not query.numel():
        return _search_shapes(query, reference, radius, k)
    require_finite(query, reference, names=('query', 'reference'))
    # The kernel squares a float32 radius in float32; a bound in double would move points across the border.
    bound = radius * radius if query.dtype == torch.float64 else float(np.float32(radius) * np.float32(radius))
    return backend.kernels_for(reference).ball_members(query, reference, bound, k)


def _search_shapes(query: Tensor, reference: Tensor, radius: float, k: int) -> Tensor:
    return query.new_empty((*query.shape[:2], k), dtype=torch.int64)


_operator = define_operator(
    'ball_query(Tensor query, Tensor reference, float radius, int k) -> Tensor', _search, _search_shapes
)
