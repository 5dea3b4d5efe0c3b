from __future__ import annotations

import pytest
import torch
from torch import nn

from zoo.layers import SharedMlp


def test_equals_convolutions_of_width_one():
    mlp = SharedMlp((5, 7, 4)).train()
    convolutions = nn.Sequential(
        nn.Conv1d(5, 7, 1), nn.BatchNorm1d(7), nn.ReLU(), nn.Conv1d(7, 4, 1), nn.BatchNorm1d(4), nn.ReLU()
    )
    for linear, conv in zip(mlp.linears, (convolutions[0], convolutions[3]), strict=True):
        conv.weight.data, conv.bias.data = linear.weight.data[..., None], linear.bias.data
    x = torch.randn(3, 11, 5)
    torch.testing.assert_close(mlp(x), convolutions(x.transpose(1, 2)).transpose(1, 2), rtol=1e-4, atol=1e-5)
    assert mlp(torch.randn(2, 3, 6, 5)).shape == (2, 3, 6, 4)


def test_the_first_map_may_come_from_outside():
    mlp = SharedMlp((5, 7, 4)).eval()
    x = torch.randn(3, 11, 5)
    assert torch.equal(mlp.after_first(mlp.linears[0](x)), mlp(x))


def test_no_layer():
    with pytest.raises(ValueError, match='two numbers or more'):
        SharedMlp((3,))
