"""DGCNN: convolutions over the edges of a graph that is drawn anew in every layer's feature space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo import ops
from zoo.backbones.cloud_encoder import CloudEncoder
from zoo.layers import as_points, largest
from zoo.registry import BACKBONES

SLOPE = 0.2
"""Of the leaky ReLU after every layer."""


@BACKBONES.register_module()
class DGCNN(CloudEncoder):
    """Dynamic graph CNN for classification (arXiv 1801.07829).

    Args:
        embed_dim: channels C after the layer that mixes the outputs of all edge convolutions; F is 2 C.
        widths: channels after each edge convolution.
        neighbors: neighbors k of a point, itself included.
        order: order in which the points are searched, ``given`` or ``shape`` (:func:`zoo.ops.shape_order`). It decides
            between points that are equally far, as those of voxels are; features come in the order of the points.
    """

    def __init__(
        self,
        embed_dim: int = 1024,
        widths: Sequence[int] = (64, 64, 128, 256),
        neighbors: int = 20,
        order: str = 'given',
    ) -> None:
        super().__init__()
        ops.require_order(order)
        self.order = order
        self.embed_dim = embed_dim
        self.depth = len(widths) + 1
        pairs = zip((3, *widths[:-1]), widths, strict=True)
        self.layers = nn.ModuleList(DynamicEdgeConv(here, there, neighbors) for here, there in pairs)
        self.mix = nn.Linear(sum(widths), embed_dim, bias=False)
        self.norm = nn.BatchNorm1d(embed_dim)

    @property
    def num_features(self) -> int:
        """Length F of the pooled features: maximum and mean."""
        return 2 * self.embed_dim

    def encode(self, points: Tensor) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Features (B, N, C') of clouds (B, N, 3) after every edge convolution and after the mixing layer."""
        layers: list[Tensor] = []
        points = as_points(points, self.mix.weight)
        order = ops.shape_order(points) if self.order == 'shape' else None
        if order is not None:
            points = ops.gather_points(points, order)
        for layer in self.layers:
            layers.append(layer(layers[-1] if layers else points))
        x = self.mix(torch.cat(layers, dim=-1))
        x = F.leaky_relu(self.norm(x.flatten(0, 1)), SLOPE, inplace=True).view_as(x)
        layers.append(x)
        if order is not None:
            layers = [ops.gather_rows(layer, order.argsort(dim=1)) for layer in layers]
        return layers, {}

    def pool(self, features: Tensor) -> Tensor:
        """Pool features (B, N, C) to their maximum and mean (B, 2 C)."""
        return torch.cat([largest(features, dim=1), features.mean(dim=1)], dim=-1)


class DynamicEdgeConv(nn.Module):
    """Linear map of [x_j - x_i, x_i] over the edges to the k nearest points, batch norm, maximum, leaky ReLU.

    The map is linear, so it is applied to the points and the results are gathered, k times fewer multiplications; and
    the leaky ReLU rises, so it is applied after the maximum, to k times fewer numbers. The sums are the same.

    Args:
        in_channels: channels C of a point.
        out_channels: channels C' after the layer.
        neighbors: neighbors k in the space of the input, the point itself included.
    """

    def __init__(self, in_channels: int, out_channels: int, neighbors: int) -> None:
        super().__init__()
        self.neighbors = neighbors
        self.fc = nn.Linear(2 * in_channels, out_channels, bias=False)
        self.norm = nn.BatchNorm1d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map features (B, N, C) to (B, N, C')."""
        members = ops.feature_knn(x, self.neighbors)
        difference, own = self.fc.weight.chunk(2, dim=1)
        # Not in half precision, under autocast either: differences of neighbors would drown in its rounding.
        with ops.full_precision(x.device):
            x = x.to(self.fc.weight.dtype)
            far, near = F.linear(x, difference), F.linear(x, own - difference)
        if not self.training:
            # The norm is a fixed affine map then, and goes before the look-up as well.
            norm: Any = self.norm
            scale = norm.weight / (norm.running_var + norm.eps).sqrt()
            shift = norm.bias - norm.running_mean * scale
            return F.leaky_relu(largest(ops.gather_rows(far * scale, members), dim=2) + near * scale + shift, SLOPE)
        edges = ops.gather_rows(far, members).add_(near.unsqueeze(2))
        edges = self.norm(edges.flatten(0, 2)).view_as(edges)
        return F.leaky_relu(largest(edges, dim=2), SLOPE)
