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
        query: Points (B, M, 3); M may be zero.
        reference: Clouds (B, N, 3).
        k: Neighbors per query point; may exceed N.

    Returns:
        Squared distances (B, M, k) in float32 (float64 for float64 input) and indices (B, M, k), int64.

    Raises:
        ValueError: If shapes or k are wrong, or coordinates are NaN or infinite.
    """
    query, reference = as_clouds(query, reference, names=('query', 'reference'), may_be_empty='query')
    require_positive(k, 'k')
    return nearest_neighbors(query, reference, k, check=True)


def nearest_neighbors(query: Tensor, reference: Tensor, k: int, *, check: bool) -> tuple[Tensor, Tensor]:
    """:func:`knn` for clouds that :func:`zoo.ops.validate.as_clouds` has seen.

    Args:
        query: Points (B, M, 3).
        reference: Clouds (B, N, 3).
        k: Neighbors per query point.
        check: Whether to look for NaN, which costs a GPU a stop; needless for points that were checked before.

    Returns:
        Squared distances (B, M, k) and indices (B, M, k).
    """
    return cast('tuple[Tensor, Tensor]', _knn(query.detach(), reference.detach(), k, check))


def nearest_indices(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Index of the nearest neighbor both ways, for clouds that :func:`zoo.ops.validate.as_clouds` has seen.

    Args:
        a: Clouds (B, N, 3).
        b: Clouds (B, M, 3).

    Returns:
        The nearest point of b for every point of a, (B, N), and the reverse, (B, M); int64.
    """
    return cast('tuple[Tensor, Tensor]', _nearest_pairs(a.detach(), b.detach()))


def _search(query: Tensor, reference: Tensor, k: int, check: bool) -> tuple[Tensor, Tensor]:
    if not query.numel():
        return _search_shapes(query, reference, k, check)
    if check:
        require_finite(query, reference, names=('query', 'reference'))
    found = min(k, reference.shape[1])
    distance, index = backend.kernels_for(query).nearest_points(query, reference, found)
    if found < k:
        shape = (*index.shape[:2], k - found)
        distance = torch.cat([distance, distance[..., :1].expand(shape)], dim=-1)
        index = torch.cat([index, index[..., :1].expand(shape)], dim=-1)
    return distance, index


def _search_shapes(query: Tensor, reference: Tensor, k: int, check: bool) -> tuple[Tensor, Tensor]:
    shape = (*query.shape[:2], k)
    return query.new_empty(shape), query.new_empty(shape, dtype=torch.int64)


def _pairs(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    if not len(a):
        return _pairs_shapes(a, b)
    require_finite(a, b, names=('a', 'b'))
    kernels = backend.kernels_for(a)
    return kernels.nearest_index(a, b), kernels.nearest_index(b, a)


def _pairs_shapes(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    return a.new_empty(a.shape[:2], dtype=torch.int64), b.new_empty(b.shape[:2], dtype=torch.int64)


_knn = define_operator(
    'knn(Tensor query, Tensor reference, int k, bool check) -> (Tensor, Tensor)', _search, _search_shapes
)
_nearest_pairs = define_operator('nearest_pairs(Tensor a, Tensor b) -> (Tensor, Tensor)', _pairs, _pairs_shapes)
