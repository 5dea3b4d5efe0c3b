"""Graph convolution over group centers, the mixing layer of point tokenizers (DGCNN, arXiv 1801.07829)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo import ops
from zoo.layers.pooling import largest

SLOPE = 0.2
"""Of the leaky ReLU after every layer."""


class EdgeConv(nn.Module):
    """One linear map over the edges of a graph, group norm, leaky ReLU, maximum over the neighbors.

    The edge from node i to its neighbor j is described by [x_j - x_i, x_i]. Because the map is linear, it is applied
    to the nodes, and its results are gathered: the same sums with a k-th of the multiplications.

    Args:
        in_dim: channels of a node.
        out_dim: channels after the layer.
        norm_groups: channel groups of the norm, whose statistics run over all edges of a cloud.
    """

    def __init__(self, in_dim: int, out_dim: int, norm_groups: int = 4) -> None:
        super().__init__()
        self.fc = nn.Linear(2 * in_dim, out_dim, bias=False)
        self.norm = nn.GroupNorm(norm_groups, out_dim)

    def forward(self, x: Tensor, neighbors: Tensor) -> Tensor:
        """Map nodes (B, G, C) to (B, G, C') along the edges to ``neighbors`` (B, G, k)."""
        difference, own = self.fc.weight.chunk(2, dim=1)
        far = ops.gather_points(F.linear(x, difference), neighbors)
        edges = far + F.linear(x, own - difference).unsqueeze(2)
        edges = F.leaky_relu(self.norm(edges.permute(0, 3, 1, 2)), SLOPE)
        return largest(edges, dim=3).transpose(1, 2)


class TokenGraph(nn.Module):
    """Four edge convolutions over the centers' nearest neighbors, all their outputs mixed at the end.

    Parity: this is the DGCNN of the released dVAE of Point-BERT: the graph is that of the centers in every layer, a
    center is its own first neighbor, and norms are group norms.

    Args:
        in_dim: channels of a token.
        out_dim: channels C' of the result; a multiple of ``norm_groups``.
        widths: channels after the first linear layer and after each edge convolution.
        neighbors: nearest centers of a center, itself included.
        norm_groups: channel groups of the norms.

    Raises:
        ValueError: fewer than two widths, or one that ``norm_groups`` does not divide.

    Source: arXiv 2111.14819.
    """

    def __init__(
        self,
        in_dim: int,
        out_dim: int,
        widths: Sequence[int] = (128, 256, 512, 512, 1024),
        neighbors: int = 4,
        norm_groups: int = 4,
    ) -> None:
        super().__init__()
        if len(widths) < 2:
            raise ValueError(f'graph_widths needs two numbers or more, got {list(widths)}')
        wrong = [width for width in (*widths[1:], out_dim) if width % norm_groups]
        if wrong:
            raise ValueError(f'widths {wrong} are not divisible by norm_groups {norm_groups}')
        self.neighbors = neighbors
        self.input = nn.Linear(in_dim, widths[0])
        self.layers = nn.ModuleList(EdgeConv(here, there, norm_groups) for here, there in itertools.pairwise(widths))
        self.output = nn.Linear(sum(widths[1:]), out_dim, bias=False)
        self.norm = nn.GroupNorm(norm_groups, out_dim)

    def forward(self, tokens: Tensor, centers: Tensor) -> Tensor:
        """Map tokens (B, G, C) at centers (B, G, 3) to (B, G, C')."""
        _, neighbors = ops.knn(centers, centers, self.neighbors)
        x = self.input(tokens)
        collected = []
        for layer in self.layers:
            x = layer(x, neighbors)
            collected.append(x)
        x = self.output(torch.cat(collected, dim=-1))
        return F.leaky_relu(self.norm(x.transpose(1, 2)), SLOPE).transpose(1, 2)
