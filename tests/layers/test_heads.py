from __future__ import annotations

import pytest
import torch

from zoo.layers import build_head


@pytest.mark.parametrize('kind', ['linear', 'mlp3'])
def test_heads_give_logits(kind):
    assert build_head(kind, 32, 5).eval()(torch.randn(4, 32)).shape == (4, 5)


def test_linear_head_is_one_matrix():
    assert sum(parameter.numel() for parameter in build_head('linear', 32, 5).parameters()) == 32 * 5 + 5


def test_unknown_head():
    with pytest.raises(ValueError, match="unknown head 'mlp4'"):
        build_head('mlp4', 32, 5)
