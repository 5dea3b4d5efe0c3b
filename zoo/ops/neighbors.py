"""Nearest neighbors by exhaustive search."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from zoo.ops import backend
from zoo.ops.library import define_operator
from zoo.ops.validate import as_clouds, require_finite, require_positive


def knn(query: Tensor, reference: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Find the k nearest reference points of every query point.

    Nearest first, ties to the lowest index. For k > N the nearest point fills the places that are left. The distances
    carry no gradient; for one that does, gather the points and subtract.

    Args:
        query: points (B, M, 3); M may be zero.
        reference: clouds (B, N, 3).
        k: neighbors per query point; may exceed N.

    Returns:
        Squared distances (B, M, k) in float32 (float64 for float64 input) and indices (B, M, k), int64.

    Raises:
        ValueError: If shapes or k are wrong, or coordinates are NaN or infinite.
    """
    query, reference = as_clouds(query, reference, names=('query', 'reference'), may_be_empty='query')
    require_positive(k, 'k')
    return cast('tuple[Tensor, Tensor]', _operator(query.detach(), reference.detach(), k))


def _checked(query: Tensor, reference: Tensor, k: int) -> tuple[Tensor, Tensor]:
    if not query.numel():
        return _shapes(query, reference, k)
    require_finite(query, reference, names=('query', 'reference'))
    return nearest(query, reference, k)


def nearest(query: Tensor, reference: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """:func:`knn` for float clouds that are known to be finite and not empty."""
    found = min(k, reference.shape[1])
    distance, index = backend.kernels_for(reference).nearest_points(query, reference, found)
    if found < k:
        shape = (*index.shape[:2], k - found)
        distance = torch.cat([distance, distance[..., :1].expand(shape)], dim=-1)
        index = torch.cat([index, index[..., :1].expand(shape)], dim=-1)
    return distance, index


def _shapes(query: Tensor, reference: Tensor, k: int) -> tuple[Tensor, Tensor]:
    shape = (*query.shape[:2], k)
    return query.new_empty(shape), query.new_empty(shape, dtype=torch.int64)


_operator = define_operator('knn(Tensor query, Tensor reference, int k) -> (Tensor, Tensor)', _checked, _shapes)
