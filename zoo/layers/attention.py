"""Multi-head attention through ``scaled_dot_product_attention``; the weights are computed only on request."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def attend(q: Tensor, k: Tensor, v: Tensor, need_weights: bool) -> tuple[Tensor, Tensor | None]:
    """Attention of heads laid out as (B, heads, tokens, C / heads), with scale 1 / sqrt(C / heads).

    Args:
        q: queries (B, heads, M, D).
        k: keys (B, heads, T, D).
        v: values (B, heads, T, D).
        need_weights: also return the softmax weights; the slow path, for inspection.

    Returns:
        The mixed values (B, M, heads * D) and the weights (B, heads, M, T) or None.
    """
    if need_weights:
        weights = (q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5).softmax(dim=-1)
        mixed = weights @ v
    else:
        weights = None
        mixed = F.scaled_dot_product_attention(q, k, v)
    return mixed.transpose(1, 2).flatten(2), weights


def check_heads(embed_dim: int, num_heads: int) -> None:
    """Raise ValueError when ``embed_dim`` does not split evenly over ``num_heads``."""
    if num_heads < 1 or embed_dim % num_heads:
        raise ValueError(f'embed_dim {embed_dim} is not divisible by num_heads {num_heads}')


class SelfAttention(nn.Module):
    """Self-attention without qkv bias and with an output bias, as the reference has it (arXiv 2302.02318).

    Tokens may be split: all read the first ``shown``, and only the others read the others.
    """

    def __init__(self, embed_dim: int, num_heads: int) -> None:
        super().__init__()
        check_heads(embed_dim, num_heads)
        self.num_heads = num_heads
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim, bias=False)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x: Tensor, need_weights: bool = False, shown: int | None = None) -> tuple[Tensor, Tensor | None]:
        """Mix tokens (B, T, C) with each other; returns (B, T, C) and the weights (B, heads, T, T) or None.

        With ``shown`` the weights are those of the first tokens alone.
        """
        q, k, v = self.qkv(x).unflatten(-1, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        mixed, weights = attend(q[:, :, :shown], k[:, :, :shown], v[:, :, :shown], need_weights)
        if shown is not None:
            mixed = torch.cat([mixed, attend(q[:, :, shown:], k, v, need_weights=False)[0]], dim=1)
        return self.proj(mixed), weights


class CrossAttention(nn.Module):
    """Attention of a few queries over memory tokens; queries do not attend to each other (arXiv 2302.02318)."""

    def __init__(self, embed_dim: int, num_heads: int) -> None:
        super().__init__()
        check_heads(embed_dim, num_heads)
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim, bias=False)
        self.kv = nn.Linear(embed_dim, 2 * embed_dim, bias=False)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, queries: Tensor, memory: Tensor, need_weights: bool = False) -> tuple[Tensor, Tensor | None]:
        """Queries (B, Q, C) read memory (B, T, C); returns (B, Q, C) and the weights (B, heads, Q, T) or None."""
        q = self.q(queries).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
        k, v = self.kv(memory).unflatten(-1, (2, self.num_heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        mixed, weights = attend(q, k, v, need_weights)
        return self.proj(mixed), weights
