"""Nearest neighbors among feature vectors (the dynamic graph of DGCNN, arXiv 1801.07829)."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from zoo.ops.library import define_operator
from zoo.ops.precision import full_precision
from zoo.ops.torch_backend import smallest
from zoo.ops.validate import require_positive


def feature_knn(features: Tensor, k: int) -> Tensor:
    """Find the k nearest rows of every row within its own set, itself included.

    Distances come from one matrix product per set, so that they are rounded otherwise than in :func:`zoo.ops.knn`;
    neighbors at almost the same distance may change places. Sets do not influence each other's answers.

    Args:
        features: rows (B, N, C) of any width.
        k: neighbors per row.

    Returns:
        Indices (B, N, min(k, N)), int64, nearest first.

    Raises:
        ValueError: If the shape, type or k is wrong.
    """
    if features.dim() != 3 or not features.is_floating_point():
        raise ValueError(f'features must be floating point of shape (B, N, C), got {tuple(features.shape)}')
    require_positive(k, 'k')
    return cast('Tensor', _operator(features.detach(), k))


def _search(features: Tensor, k: int) -> Tensor:
    if not features.numel():
        return _search_shapes(features, k)
    with full_precision(features.device):
        features = features.float() if features.dtype != torch.float64 else features
        if features.is_cuda:
            return _nearest(features, k)
        # One set at a time: its table of distances stays in the cache.
        return torch.cat([_nearest(rows, k) for rows in features.split(1)])


def _nearest(features: Tensor, k: int) -> Tensor:
    """Indices (B, N, min(k, N)) from the whole table of squared distances."""
    squares = features.square().sum(-1)
    table = torch.baddbmm(squares.unsqueeze(1), features, features.transpose(1, 2), alpha=-2)
    distance = table.add_(squares.unsqueeze(2)).clamp_min_(0)
    return smallest(distance, min(k, features.shape[1]))[1]


def _search_shapes(features: Tensor, k: int) -> Tensor:
    sets, size = features.shape[:2]
    return features.new_empty((sets, size, min(k, size)), dtype=torch.int64)


_operator = define_operator('feature_knn(Tensor features, int k) -> Tensor', _search, _search_shapes)
