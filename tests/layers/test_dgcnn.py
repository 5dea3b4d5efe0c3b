from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from zoo.layers.dgcnn import EdgeConv, TokenGraph


def slow_edge_conv(layer, x, neighbors):
    """The definition: one edge at a time, then norm, activation and maximum."""
    b, g, _ = x.shape
    k, out = neighbors.shape[-1], layer.fc.out_features
    edges = torch.zeros(b, out, g, k)
    for i in range(b):
        for node in range(g):
            for place in range(k):
                other = x[i, neighbors[i, node, place]]
                edges[i, :, node, place] = layer.fc.weight @ torch.cat([other - x[i, node], x[i, node]])
    normed = F.group_norm(edges, layer.norm.num_groups, layer.norm.weight, layer.norm.bias)
    activated = torch.where(normed > 0, normed, 0.2 * normed)
    return activated.max(dim=-1).values.transpose(1, 2)


def test_edge_convolution_equals_the_loop():
    torch.manual_seed(0)
    layer = EdgeConv(5, 8, norm_groups=2)
    torch.nn.init.normal_(layer.norm.weight)
    torch.nn.init.normal_(layer.norm.bias)
    x, neighbors = torch.randn(2, 6, 5), torch.randint(6, (2, 6, 3))
    torch.testing.assert_close(layer(x, neighbors), slow_edge_conv(layer, x, neighbors), rtol=1e-4, atol=1e-5)


def test_the_graph_is_that_of_the_nearest_centers():
    torch.manual_seed(0)
    graph = TokenGraph(5, 8, widths=(8, 8, 12), neighbors=3)
    tokens, centers = torch.randn(2, 7, 5), torch.randn(2, 7, 3)
    neighbors = torch.stack([(cloud[:, None] - cloud).norm(dim=-1).argsort(dim=-1)[:, :3] for cloud in centers])
    assert (neighbors[..., 0] == torch.arange(7)).all()
    first = slow_edge_conv(graph.layers[0], graph.input(tokens), neighbors)
    second = slow_edge_conv(graph.layers[1], first, neighbors)
    mixed = graph.output(torch.cat([first, second], dim=-1)).transpose(1, 2)
    expected = F.leaky_relu(graph.norm(mixed), 0.2).transpose(1, 2)
    torch.testing.assert_close(graph(tokens, centers), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('groups', [1, 2])
def test_fewer_centers_than_neighbors(groups):
    graph = TokenGraph(5, 8, widths=(8, 8, 8))
    assert graph(torch.randn(2, groups, 5), torch.randn(2, groups, 3)).isfinite().all()


@pytest.mark.parametrize(
    ('arguments', 'message'), [(dict(widths=(8,)), 'two numbers'), (dict(widths=(8, 10)), r'\[10\].*norm_groups 4')]
)
def test_widths_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        TokenGraph(5, 8, **arguments)
