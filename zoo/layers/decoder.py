"""The light decoder of masked modeling: fills in the masked patch tokens."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from zoo.layers.blocks import Block
from zoo.layers.embed import PositionEmbed


class MaskedDecoder(nn.Module):
    """Plain pre-norm transformer over [visible tokens, mask tokens] (arXiv 2203.06604).

    It has its own position embedding, adds positions before every block, and returns the mask tokens only.

    Args:
        embed_dim: channels C, those of the encoder.
        depth: number of blocks.
        num_heads: attention heads.
        mlp_ratio: hidden width of the MLP over C.
        drop_path: rate of stochastic depth at the last block, growing linearly from 0.
        width: channels W of the blocks and of what is returned, where they are not those of the encoder.
        position_dim: D of what centers are given as: 3 coordinates, or their waves.
    """

    def __init__(
        self,
        embed_dim: int,
        depth: int = 4,
        num_heads: int = 6,
        mlp_ratio: float = 4.0,
        drop_path: float = 0.1,
        width: int | None = None,
        position_dim: int = 3,
    ) -> None:
        super().__init__()
        self.width = embed_dim if width is None else width
        self.narrow = nn.Identity() if width is None else nn.Linear(embed_dim, self.width)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, self.width))
        self.position = PositionEmbed(self.width, in_dim=position_dim)
        rates = torch.linspace(0, drop_path, depth, device='cpu').tolist()
        self.blocks = nn.ModuleList(Block(self.width, num_heads, mlp_ratio, rate) for rate in rates)
        self.norm = nn.LayerNorm(self.width)
        nn.init.trunc_normal_(self.mask_token, std=0.02)

    def forward(self, visible: Tensor, visible_centers: Tensor, masked_centers: Tensor) -> Tensor:
        """Decode the masked tokens.

        Args:
            visible: encoder output of the visible groups (B, V, C).
            visible_centers: (B, V, D).
            masked_centers: (B, M, D).

        Returns:
            Tokens of the masked groups (B, M, W).
        """
        visible = self.narrow(visible)
        num_masked = masked_centers.shape[1]
        position = self.position(torch.cat([visible_centers, masked_centers], dim=1))
        x = torch.cat([visible, self.mask_token.to(visible.dtype).expand(visible.shape[0], num_masked, -1)], dim=1)
        for block in self.blocks:
            x, _ = block(x + position)
        return self.norm(x[:, -num_masked:])
