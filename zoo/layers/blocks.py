"""Transformer blocks: the plain pre-norm block and the two-stream ReCon block."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.layers.attention import CrossAttention, SelfAttention


class DropPath(nn.Module):
    """Drop a whole residual branch per sample with probability ``rate`` while training (arXiv 1603.09382)."""

    def __init__(self, rate: float = 0.0) -> None:
        super().__init__()
        if not 0.0 <= rate < 1.0:
            raise ValueError(f'drop_path must be in [0, 1), got {rate}')
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Scale the kept samples of (B, ...) so that the expectation stays."""
        if not self.training or self.rate == 0.0:
            return x
        keep = 1.0 - self.rate
        kept = torch.rand((x.shape[0],) + (1,) * (x.ndim - 1), device=x.device) < keep
        return x * (kept / keep).to(x.dtype)

    def extra_repr(self) -> str:
        """Show the rate in the module's representation."""
        return f'rate={self.rate:.3f}'


class Mlp(nn.Module):
    """Two linear layers with GELU between them."""

    def __init__(self, embed_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., C) to (..., C)."""
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """Self-attention and MLP, each with a norm before it and a residual around it.

    Args:
        embed_dim: channels C.
        num_heads: attention heads.
        mlp_ratio: hidden width of the MLP over C.
        drop_path: rate of stochastic depth.
        normalized_residual: take the residual from the normalized tensor instead of the stream.
            Parity: the encoder blocks of ReCon do (``x = norm(x); x = x + attn(x)``), those of Point-MAE do not.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        mlp_ratio: float = 4.0,
        drop_path: float = 0.0,
        normalized_residual: bool = False,
    ) -> None:
        super().__init__()
        self.normalized_residual = normalized_residual
        self.norm1 = nn.LayerNorm(embed_dim)
        self.attn = SelfAttention(embed_dim, num_heads)
        self.norm2 = nn.LayerNorm(embed_dim)
        self.mlp = Mlp(embed_dim, int(embed_dim * mlp_ratio))
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor, need_weights: bool = False, shown: int | None = None) -> tuple[Tensor, Tensor | None]:
        """Map tokens (B, T, C) to (B, T, C); the second value is the attention (B, heads, T, T) or None.

        ``shown``: see :class:`SelfAttention`.
        """
        normed = self.norm1(x)
        mixed, weights = self.attn(normed, need_weights, shown)
        x = (normed if self.normalized_residual else x) + self.drop_path(mixed)
        normed = self.norm2(x)
        x = (normed if self.normalized_residual else x) + self.drop_path(self.mlp(normed))
        return x, weights


class ReConBlock(nn.Module):
    """One layer of both streams: patch tokens attend to themselves, global queries read them (arXiv 2302.02318).

    The queries see the patch tokens through ``detach`` while ``stop_gradient`` holds, so that the contrastive
    objectives cannot move the local stream.

    Parity: residuals start from the normalized tensors, and the queries read the tokens as they are before this
    layer's self-attention.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        mlp_ratio: float = 4.0,
        drop_path: float = 0.0,
        stop_gradient: bool = True,
    ) -> None:
        super().__init__()
        self.stop_gradient = stop_gradient
        self.local = Block(embed_dim, num_heads, mlp_ratio, drop_path, normalized_residual=True)
        self.norm1 = nn.LayerNorm(embed_dim)
        self.attn = CrossAttention(embed_dim, num_heads)
        self.norm2 = nn.LayerNorm(embed_dim)
        self.mlp = Mlp(embed_dim, int(embed_dim * mlp_ratio))
        self.drop_path = DropPath(drop_path)

    def forward(
        self, queries: Tensor, tokens: Tensor, need_weights: bool = False, shown: int | None = None
    ) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
        """Update queries (B, Q, C), which read the first ``shown`` tokens, and tokens (B, T, C).

        Returns:
            queries (B, Q, C), tokens (B, T, C), attention of the queries (B, heads, Q, T) or None, attention of the
            tokens (B, heads, T, T) or None.
        """
        local = self.local
        normed = local.norm1(tokens)
        memory = (normed.detach() if self.stop_gradient else normed)[:, :shown]
        queries = self.norm1(queries)
        read, query_weights = self.attn(queries, memory, need_weights)
        queries = self.norm2(queries + self.drop_path(read))
        queries = queries + self.drop_path(self.mlp(queries))
        mixed, token_weights = local.attn(normed, need_weights, shown)
        tokens = local.norm2(normed + local.drop_path(mixed))
        tokens = tokens + local.drop_path(local.mlp(tokens))
        return queries, tokens, query_weights, token_weights
