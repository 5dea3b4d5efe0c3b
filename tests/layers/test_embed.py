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


def test_chosen_groups_have_the_tokens_and_gradients_of_all_groups_and_then_a_choice():
    points, chosen = torch.randn(2, 5, 6, 3), torch.tensor([[4, 0], [1, 2]])
    found = []
    for early in (True, False):
        torch.manual_seed(0)
        embed = PatchEmbed(24, (8, 16, 32))
        tokens = embed(points, chosen) if early else embed(points)[torch.arange(2)[:, None], chosen]
        (tokens * torch.linspace(-1, 1, 24)).sum().backward()
        found.append([tokens, *(weight.grad for weight in embed.parameters()), *embed.buffers()])
    for here, there in zip(*found, strict=True):
        torch.testing.assert_close(here, there, rtol=1e-5, atol=1e-6)


def test_a_few_groups_at_a_time_are_the_same_tokens(monkeypatch):
    embed, points = PatchEmbed(24, (8, 16, 32)).eval(), torch.randn(3, 5, 6, 3)
    whole = embed(points).detach()
    monkeypatch.setattr('zoo.layers.embed.CACHED', 2 * 6 * 32)
    sizes = []
    embed.norm2.register_forward_hook(lambda *call: sizes.append(len(call[2])))
    with torch.no_grad():
        torch.testing.assert_close(embed(points), whole, rtol=1e-6, atol=1e-7)
    assert sizes == [2 * 6] * 7 + [6]


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
