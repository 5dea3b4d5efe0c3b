from __future__ import annotations

import pytest
import torch
from torch import nn

from zoo.layers import build_head
from zoo.layers.heads import HEADS


@pytest.mark.parametrize('kind', HEADS)
def test_heads_give_logits(kind):
    assert build_head(kind, 32, 5).eval()(torch.randn(4, 32)).shape == (4, 5)


@pytest.mark.parametrize(
    ('kind', 'expected'),
    [
        ('linear', 32 * 5 + 5),
        ('mlp3', (32 + 1) * 256 + 2 * 256 + (256 + 1) * 256 + 2 * 256 + (256 + 1) * 5),
        ('pointnet', (32 + 1) * 512 + 2 * 512 + (512 + 1) * 256 + 2 * 256 + (256 + 1) * 5),
        ('dgcnn', 32 * 512 + 2 * 512 + (512 + 1) * 256 + 2 * 256 + (256 + 1) * 5),
    ],
)
def test_sizes(kind, expected):
    assert sum(parameter.numel() for parameter in build_head(kind, 32, 5).parameters()) == expected


def test_dropout_and_slope_of_the_released_heads():
    rates = {kind: [m.p for m in build_head(kind, 8, 2) if isinstance(m, nn.Dropout)] for kind in HEADS}
    assert rates == dict(linear=[], mlp3=[0.5] * 2, pointnet=[0.3] * 2, pointnet2=[0.5] * 2, dgcnn=[0.5] * 2)
    slopes = [module.negative_slope for module in build_head('dgcnn', 8, 2) if isinstance(module, nn.LeakyReLU)]
    assert slopes == [0.2, 0.2]


def test_unknown_head():
    with pytest.raises(ValueError, match="unknown head 'mlp4'"):
        build_head('mlp4', 32, 5)
