from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from zoo.layers import PatchEmbed, PositionEmbed, waves


def textbook(embed, neighborhoods):
    """The mini-PointNet with 1x1 convolutions and an explicit concatenation."""
    b, g, k, _ = neighborhoods.shape
    x = neighborhoods.reshape(b * g, k, 3).transpose(1, 2)

    def conv(layer, value):
        return F.conv1d(value, layer.weight.unsqueeze(-1), layer.bias)

    x = conv(embed.fc2, F.relu(embed.norm1(conv(embed.fc1, x))))
    pooled = x.max(dim=2, keepdim=True).values
    x = torch.cat([pooled.expand(-1, -1, k), x], dim=1)
    x = conv(embed.fc4, F.relu(embed.norm2(conv(embed.fc3, x))))
    return x.max(dim=2).values.reshape(b, g, -1)


@pytest.mark.parametrize('training', [True, False])
def test_patch_embed_matches_the_convolutional_form(training):
    embed = PatchEmbed(24, (8, 16, 32)).train(training)
    points = torch.randn(2, 5, 6, 3)
    torch.testing.assert_close(embed(points), textbook(embed, points), rtol=1e-4, atol=1e-5)


def test_patch_embed_wants_three_widths():
    with pytest.raises(ValueError, match='three numbers'):
        PatchEmbed(24, (8, 16))


@pytest.mark.parametrize('channels', [12, 10, 1])
def test_waves_match_loops(channels):
    centers = torch.randn(2, 5, 3, dtype=torch.float64)
    count = math.ceil(channels / 6)
    for found, center in zip(waves(centers, channels).flatten(0, 1), centers.flatten(0, 1).tolist(), strict=True):
        expected = [
            wave(x * 10000 ** (-i / count)) for x in center for wave in (math.sin, math.cos) for i in range(count)
        ]
        assert found.tolist() == pytest.approx(expected[:channels])


@pytest.mark.parametrize('code', [lambda centers: centers, lambda centers: waves(centers, 200)])
def test_position_embed_is_pointwise(code):
    centers = code(torch.randn(2, 5, 3))
    embed = PositionEmbed(24, centers.shape[-1])
    assert embed(centers).shape == (2, 5, 24)
    torch.testing.assert_close(embed(centers)[1, 2], embed(centers[1, 2]))
