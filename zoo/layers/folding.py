"""A decoder that folds a small grid around coarse points (FoldingNet, arXiv 1712.07262; PCN, arXiv 1808.00671)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GRID_SIDE = 2
"""Points along each side of the grid that is folded around a coarse point."""

GRID_REACH = 0.05
"""Half the side of the grid, in units of the cloud."""


def folding_grid(side: int = GRID_SIDE, reach: float = GRID_REACH) -> Tensor:
    """Square grid (side * side, 2) from -reach to reach; the first coordinate runs fastest."""
    line = torch.linspace(-reach, reach, side)
    second, first = torch.meshgrid(line, line, indexing='ij')
    return torch.stack([first.flatten(), second.flatten()], dim=-1)


class FoldingDecoder(nn.Module):
    """Points of a group from its token: a quarter of them at once, the others folded around these.

    The folding layer reads [token, grid point, coarse point]; the part that reads the token is computed once per group
    instead of once per point.

    Args:
        embed_dim: channels C of a token.
        group_size: points K of a group, a multiple of four.
        widths: hidden channels of the coarse and of the folding perceptron.

    Raises:
        ValueError: K is no multiple of four.

    Source: arXiv 2111.14819.
    """

    grid: Tensor

    def __init__(self, embed_dim: int, group_size: int, widths: Sequence[int] = (1024, 512)) -> None:
        super().__init__()
        if group_size < GRID_SIDE**2 or group_size % GRID_SIDE**2:
            raise ValueError(f'group_size must be a multiple of {GRID_SIDE**2}, got {group_size}')
        hidden, folding = widths
        self.coarse = nn.Sequential(
            nn.Linear(embed_dim, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, 3 * group_size // GRID_SIDE**2),
        )
        self.fold1 = nn.Linear(embed_dim + 2 + 3, folding)
        self.norm1 = nn.BatchNorm1d(folding)
        self.fold2 = nn.Linear(folding, folding)
        self.norm2 = nn.BatchNorm1d(folding)
        self.fold3 = nn.Linear(folding, 3)
        self.register_buffer('grid', folding_grid(), persistent=False)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Decode tokens (B, G, C) into coarse (B, G, K / 4, 3) and fine points (B, G, K, 3), relative to the center."""
        b, g, c = tokens.shape
        tokens = tokens.flatten(0, 1)
        coarse = self.coarse(tokens).unflatten(-1, (-1, 3))
        anchors = coarse.repeat_interleave(len(self.grid), dim=1)
        grid = self.grid.to(tokens.dtype).repeat(coarse.shape[1], 1).expand(tokens.shape[0], -1, -1)
        read_token, read_point = self.fold1.weight.split([c, 5], dim=1)
        x = F.linear(torch.cat([grid, anchors], dim=-1), read_point)
        x = x + F.linear(tokens, read_token, self.fold1.bias).unsqueeze(1)
        x = F.relu(self.norm1(x.flatten(0, 1)))
        x = F.relu(self.norm2(self.fold2(x)))
        fine = self.fold3(x).view_as(anchors) + anchors
        return coarse.unflatten(0, (b, g)), fine.unflatten(0, (b, g))
