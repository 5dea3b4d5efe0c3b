from __future__ import annotations

import pytest
import torch

from zoo.layers import Block, DropPath, ReConBlock


def test_block_takes_the_residual_from_where_it_is_told():
    x = torch.randn(2, 4, 12) * 3 + 1
    block = Block(12, 3)
    normalized = Block(12, 3, normalized_residual=True)
    normalized.load_state_dict(block.state_dict())
    step = block.attn(block.norm1(x))[0]
    for layer, start in ((block, x), (normalized, block.norm1(x))):
        middle = start + step
        base = middle if layer is block else layer.norm2(middle)
        torch.testing.assert_close(layer(x)[0], base + layer.mlp(layer.norm2(middle)))


def test_recon_block_streams():
    block = ReConBlock(12, 3)
    queries, tokens = torch.randn(2, 3, 12), torch.randn(2, 5, 12)
    new_queries, new_tokens, _, _ = block(queries, tokens)
    torch.testing.assert_close(new_tokens, block.local(tokens)[0])
    memory = block.local.norm1(tokens)
    q = block.norm1(queries)
    q = block.norm2(q + block.attn(q, memory)[0])
    torch.testing.assert_close(new_queries, q + block.mlp(q))


def test_drop_path_keeps_the_expectation():
    torch.manual_seed(0)
    layer = DropPath(0.25)
    out = layer(torch.ones(20000, 2))
    assert out[:, 0].unique().tolist() == pytest.approx([0.0, 4 / 3])
    assert torch.equal(out[:, 0], out[:, 1])
    assert out.mean().item() == pytest.approx(1.0, abs=0.02)
    assert torch.equal(layer.eval()(torch.ones(5, 2)), torch.ones(5, 2))


@pytest.mark.parametrize('rate', [-0.1, 1.0])
def test_drop_path_rejects_impossible_rates(rate):
    with pytest.raises(ValueError, match='drop_path'):
        DropPath(rate)
