from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.backbones.test_pointnet2 import shake
from zoo.backbones import DGCNN
from zoo.backbones.dgcnn import DynamicEdgeConv


def edge_convolution(layer, x):
    """Every edge on its own: [x_j - x_i, x_i] through the layer; maximum over the neighbors, last."""
    norm, result = layer.norm, []
    for i in range(len(x)):
        nearest = sorted(range(len(x)), key=lambda j: (x[j] - x[i]).detach().double().square().sum().item())
        edges = []
        for j in nearest[: layer.neighbors]:
            value = layer.fc.weight @ torch.cat([x[j] - x[i], x[i]])
            value = (value - norm.running_mean) / (norm.running_var + norm.eps).sqrt() * norm.weight + norm.bias
            edges.append(F.leaky_relu(value, 0.2))
        result.append(torch.stack(edges).max(dim=0).values)
    return torch.stack(result)


@pytest.mark.parametrize('neighbors', [1, 4, 50])
@pytest.mark.parametrize('sign', [1, -1])
def test_equals_one_edge_at_a_time(neighbors, sign):
    torch.manual_seed(0)
    layer = shake(DynamicEdgeConv(5, 7, neighbors))
    layer.norm.weight.data *= sign
    x = torch.randn(2, 12, 5)
    for found, rows in zip(layer(x), x, strict=True):
        torch.testing.assert_close(found, edge_convolution(layer, rows), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('sign', [1, -1])
def test_training_equals_convolution_over_all_edges(sign):
    """Statistics of the norm, running ones too, and gradients, as a 1x1 convolution over the edges has them."""
    torch.manual_seed(0)
    layer, norm = DynamicEdgeConv(3, 6, 4).train(), nn.BatchNorm2d(6).train()
    layer.norm.weight.data *= sign
    norm.weight.data *= sign
    x = torch.randn(3, 10, 3, requires_grad=True)
    near = torch.cdist(x.detach(), x.detach()).argsort(dim=-1)[..., :4]
    neighbors = torch.stack([rows[index] for rows, index in zip(x, near, strict=True)])
    own = x.unsqueeze(2).expand_as(neighbors)
    edges = F.linear(torch.cat([neighbors - own, own], dim=-1), layer.fc.weight).permute(0, 3, 1, 2)
    expected = F.leaky_relu(norm(edges), 0.2).amax(dim=-1).transpose(1, 2)
    found = layer(x)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(layer.norm.running_var, norm.running_var)
    weight = torch.randn_like(found)
    gradients = [torch.autograd.grad((value * weight).sum(), (x, layer.fc.weight)) for value in (found, expected)]
    torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-4)


def test_network_equals_its_layers():
    torch.manual_seed(0)
    network = shake(DGCNN(embed_dim=12, widths=(6, 8), neighbors=4))
    cloud = torch.randn(1, 15, 3)
    first = edge_convolution(network.layers[0], cloud[0])
    second = edge_convolution(network.layers[1], first)
    mixed = torch.cat([first, second], dim=1) @ network.mix.weight.T
    mixed = F.leaky_relu(network.norm(mixed), 0.2)
    expected = torch.cat([mixed.max(dim=0).values, mixed.mean(dim=0)])
    torch.testing.assert_close(network.forward_features(cloud)[0], expected, rtol=1e-4, atol=1e-4)
    assert network.num_features == 24


def test_layer_groups_follow_the_input():
    groups = DGCNN(embed_dim=12, widths=(6, 8), neighbors=4).layer_groups()
    assert [group[0] for group in groups] == ['layers.0.fc.weight', 'layers.1.fc.weight', 'mix.weight', 'norm.weight']
