from __future__ import annotations

import math

import pytest
import torch

from zoo.layers import CrossAttention, SelfAttention


def slow_attention(q, k, v, heads):
    """One sample, one head and one query at a time."""
    out = torch.zeros_like(q)
    width = q.shape[-1] // heads
    for b in range(len(q)):
        for h in range(heads):
            part = slice(h * width, (h + 1) * width)
            for i in range(q.shape[1]):
                scores = torch.stack([q[b, i, part] @ key / math.sqrt(width) for key in k[b, :, part]])
                out[b, i, part] = (scores.exp() / scores.exp().sum()) @ v[b, :, part]
    return out


@pytest.mark.parametrize('need_weights', [False, True])
def test_self_attention_matches_loops(need_weights):
    layer = SelfAttention(12, 3)
    x = torch.randn(2, 5, 12)
    q, k, v = layer.qkv(x).chunk(3, dim=-1)
    mixed, weights = layer(x, need_weights)
    torch.testing.assert_close(mixed, layer.proj(slow_attention(q, k, v, 3)), rtol=1e-4, atol=1e-6)
    assert (weights is not None) == need_weights
    if weights is not None:
        assert weights.shape == (2, 3, 5, 5)
        torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 5))


@pytest.mark.parametrize('shown', [0, 2, 5])
def test_shown_tokens_do_not_read_the_others(shown):
    """Loops over a split: each of the first tokens reads the first ones, each of the others reads all."""
    layer = SelfAttention(12, 3)
    x = torch.randn(2, 5, 12)
    q, k, v = layer.qkv(x).chunk(3, dim=-1)
    first = slow_attention(q[:, :shown], k[:, :shown], v[:, :shown], 3)
    expected = layer.proj(torch.cat([first, slow_attention(q[:, shown:], k, v, 3)], dim=1))
    for need_weights in (False, True):
        mixed, weights = layer(x, need_weights, shown)
        torch.testing.assert_close(mixed, expected, rtol=1e-4, atol=1e-6)
        assert weights is None or weights.shape == (2, 3, shown, shown)


@pytest.mark.parametrize('need_weights', [False, True])
def test_cross_attention_matches_loops(need_weights):
    layer = CrossAttention(12, 3)
    queries, memory = torch.randn(2, 3, 12), torch.randn(2, 7, 12)
    k, v = layer.kv(memory).chunk(2, dim=-1)
    mixed, weights = layer(queries, memory, need_weights)
    torch.testing.assert_close(mixed, layer.proj(slow_attention(layer.q(queries), k, v, 3)), rtol=1e-4, atol=1e-6)
    assert weights is None or weights.shape == (2, 3, 3, 7)


def test_heads_must_divide_channels():
    with pytest.raises(ValueError, match='10 is not divisible by num_heads 3'):
        SelfAttention(10, 3)
