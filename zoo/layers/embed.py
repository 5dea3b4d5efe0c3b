"""Embedding of point groups and of their centers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo import ops
from zoo.layers.pooling import largest

CACHED = 2**20
"""Numbers of the widest activation at a time where no gradient is wanted: four megabytes stay in a cache."""


class PatchEmbed(nn.Module):
    """Mini-PointNet that turns each group of points into one token (arXiv 2203.06604).

    Points go through ``widths[0]`` to ``widths[1]`` channels, the group's maximum is put in front of every point's
    features, and the pair goes through ``widths[2]`` to ``embed_dim`` channels and a last maximum. All layers are
    matrix products over (B * G * K, C), and give the same sums with half of the operations: nothing bends between the
    second layer and the half of the third that reads a point, so both are one product; the half that reads the
    maximum is computed once per group; and what follows the last norm, whose statistics see every group, is computed
    for the groups that are asked for.

    Args:
        embed_dim: channels C of a token.
        widths: the three inner widths; the reference uses (128, 256, 512).
    """

    def __init__(self, embed_dim: int, widths: Sequence[int] = (128, 256, 512)) -> None:
        super().__init__()
        if len(widths) != 3:
            raise ValueError(f'patch_widths needs three numbers, got {list(widths)}')
        first, second, third = widths
        self.fc1 = nn.Linear(3, first)
        self.norm1 = nn.BatchNorm1d(first)
        self.fc2 = nn.Linear(first, second)
        self.fc3 = nn.Linear(2 * second, third)
        self.norm2 = nn.BatchNorm1d(third)
        self.fc4 = nn.Linear(third, embed_dim)

    def forward(self, neighborhoods: Tensor, chosen: Tensor | None = None) -> Tensor:
        """Map neighborhoods (B, G, K, 3), relative to their centers, to tokens (B, G, C).

        Args:
            neighborhoods: (B, G, K, 3).
            chosen: indices (B, V) of groups, whose tokens (B, V, C) alone are returned; those of all where it is None.
        """
        b, g, k, _ = neighborhoods.shape
        frozen = not (self.training or torch.is_grad_enabled() or torch.compiler.is_compiling())
        few = max(1, CACHED // (k * self.fc3.out_features))
        if frozen and not neighborhoods.is_cuda and chosen is None and b * g > few:
            parts = neighborhoods.reshape(1, b * g, k, 3).split(few, dim=1)
            return torch.cat([self(part) for part in parts], dim=1).unflatten(1, (b, g)).squeeze(0)
        x = self.fc1(neighborhoods.reshape(b * g * k, 3).to(self.fc1.weight.dtype))
        x = F.relu(self.norm1(x), inplace=True)
        pooled = largest(self.fc2(x).unflatten(0, (b * g, k)), dim=1)
        weight_pooled, weight_point = self.fc3.weight.chunk(2, dim=1)
        weight = weight_point @ self.fc2.weight
        bias = torch.addmv(self.fc3.bias, weight_point, self.fc2.bias)
        shared = F.linear(pooled, weight_pooled, bias)
        x = F.linear(x, weight).unflatten(0, (b * g, k)) + shared.unsqueeze(1)
        x = self.norm2(x.flatten(0, 1)).unflatten(0, (b, g, k))
        if chosen is not None:
            x = ops.gather_rows(x.flatten(2), chosen).unflatten(2, (k, -1))
        return largest(self.fc4(F.relu(x, inplace=True)), dim=2)


class PositionEmbed(nn.Module):
    """Two-layer perceptron from a center to channels: D, the larger of D and 128, GELU, C.

    Args:
        embed_dim: channels C.
        in_dim: D of what a center is given as: 3 coordinates (arXiv 2203.06604), or their :func:`waves`.
    """

    def __init__(self, embed_dim: int, in_dim: int = 3) -> None:
        super().__init__()
        hidden_dim = max(in_dim, 128)
        self.fc1 = nn.Linear(in_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, centers: Tensor) -> Tensor:
        """Map centers (B, G, D) to (B, G, C)."""
        return self.fc2(F.gelu(self.fc1(centers.to(self.fc1.weight.dtype))))


def waves(centers: Tensor, channels: int) -> Tensor:
    """Sines and cosines of centers: for each axis, all sines and then all cosines (arXiv 2408.08753).

    Frequencies fall geometrically from 1 towards 1 / 10000, in radians per unit of the cloud.

    Parity: the released code wants a multiple of 6 channels; here the last ones are left out where it is none.

    Args:
        centers: (B, G, 3).
        channels: D.

    Returns:
        (B, G, D).
    """
    count = -(-channels // 6)
    frequencies = 10000.0 ** (-torch.arange(count, device=centers.device, dtype=centers.dtype) / count)
    angles = centers.unsqueeze(-1) * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=-1).flatten(-2)[..., :channels]
