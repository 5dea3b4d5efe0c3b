"""From features of a few centers to features of every point."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo import ops
from zoo.layers.shared_mlp import SharedMlp

NEAREST = 3
"""Centers that a point takes its features from."""

TINY = 1e-8
"""Added to squared distances, so that a point on a center takes that one's features alone."""


def interpolate(points: Tensor, centers: Tensor, features: Tensor, neighbors: int = NEAREST) -> Tensor:
    """Features of points from those of their nearest centers, weighted by one over the squared distance.

    The weights carry no gradient, neither to points nor to centers. They are laid out as a matrix (B, N, G): its
    product with the features copies no row, and adds up gradients in the same order every time.

    Source: PointNet++, arXiv 1706.02413, section 3.4 with k = 3 and p = 2.

    Args:
        points: (B, N, 3).
        centers: (B, G, 3).
        features: features of the centers (B, G, C).
        neighbors: centers that a point reads; all of them where there are fewer.

    Returns:
        (B, N, C), of the type of ``features``.

    Raises:
        ValueError: shapes that do not fit, or coordinates that are NaN or infinite.
    """
    if features.shape[:2] != centers.shape[:2]:
        raise ValueError(f'centers {tuple(centers.shape)} and features {tuple(features.shape)} do not fit')
    distance, index = ops.knn(points, centers, min(neighbors, centers.shape[1]))
    weight = 1 / (distance + TINY)
    weight = weight / weight.sum(dim=2, keepdim=True)
    table = weight.new_zeros(*points.shape[:2], centers.shape[1]).scatter_(2, index, weight)
    return torch.bmm(table.to(features.dtype), features)


class FeaturePropagation(nn.Module):
    """Features of points: those of the nearest centers beside the point's coordinates, through a shared perceptron.

    Interpolation is linear and its weights sum to one, so the perceptron's first linear map goes before it: over G
    centers instead of N points. The sums are the same.

    Source: PointNet++, arXiv 1706.02413.

    Args:
        in_channels: channels C of the centers' features.
        widths: channels after every layer of the perceptron.
        neighbors: number of nearest centers, see :func:`interpolate`.
    """

    def __init__(self, in_channels: int, widths: Sequence[int], neighbors: int = NEAREST) -> None:
        super().__init__()
        self.neighbors = neighbors
        self.mlp = SharedMlp((3 + in_channels, *widths))

    def forward(self, points: Tensor, centers: Tensor, features: Tensor) -> Tensor:
        """Map features (B, G, C) of centers (B, G, 3) to features (B, N, C') of points (B, N, 3)."""
        first = self.mlp.first
        own, carried = first.weight.split([3, features.shape[-1]], dim=1)
        spread = interpolate(points, centers, F.linear(features, carried), self.neighbors)
        return self.mlp.after_first(F.linear(points.to(own.dtype), own, first.bias) + spread)
