from __future__ import annotations

import pytest
import torch

from tests.backbones.test_pointnet import shared
from tests.ops import oracles
from zoo.backbones import PointNet2
from zoo.backbones.pointnet2 import SetAbstraction


def shake(module):
    """Norms and biases of a trained network."""
    for parameter in (*module.parameters(), *(b for b in module.buffers() if b.is_floating_point())):
        parameter.data = parameter.data + 0.3 * torch.rand_like(parameter)
    return module.eval()


def abstraction(level, points, features):
    """One ball at a time: its first members in order, relative to the center, through the perceptron, maximum."""
    centers = points[oracles.fps(points.numpy(), level.num_centers)]
    result = []
    for center in centers:
        members = [i for i, p in enumerate(points) if (p - center).square().sum() < level.radius**2]
        rows = []
        for i in members[: level.ball_size]:
            own = [] if features is None else [features[i]]
            rows.append(shared(level.mlp, torch.cat([points[i] - center, *own])))
        result.append(torch.stack(rows).max(dim=0).values)
    return centers, torch.stack(result)


@pytest.mark.parametrize('channels', [0, 5])
@pytest.mark.parametrize(('radius', 'ball_size'), [(0.5, 3), (1.0, 40)])
def test_set_abstraction_equals_one_ball_at_a_time(channels, radius, ball_size):
    torch.manual_seed(0)
    level = shake(SetAbstraction(channels, (6, 8), 7, radius, ball_size))
    points = torch.randn(2, 25, 3)
    features = torch.randn(2, 25, channels) if channels else None
    centers, found = level(points, features)
    for b in range(2):
        expected = abstraction(level, points[b], None if features is None else features[b])
        assert torch.equal(centers[b], expected[0])
        torch.testing.assert_close(found[b], expected[1], rtol=1e-4, atol=1e-4)


def test_network_equals_its_levels():
    torch.manual_seed(0)
    network = shake(PointNet2((9, 4), (0.8, 1.5), (5, 6), ((6, 8), (8, 10), (12, 14))))
    cloud = torch.randn(1, 30, 3)
    points, features = cloud[0], None
    for level in network.levels:
        points, features = abstraction(level, points, features)
    rows = [shared(network.whole, torch.cat(pair)) for pair in zip(points, features, strict=True)]
    torch.testing.assert_close(
        network.forward_features(cloud)[0], torch.stack(rows).max(dim=0).values, rtol=1e-4, atol=1e-4
    )
    assert [layer.shape[1:] for layer in network.forward_intermediates(cloud)] == [(9, 8), (4, 10), (4, 14)]


def test_half_precision_keeps_small_differences():
    """Far from the origin, balls are small beside their coordinates."""
    torch.manual_seed(0)
    level = SetAbstraction(0, (16,), 8, 0.5, 16).eval()
    points = torch.rand(2, 40, 3) + 20
    exact = level(points, None)[1]
    with torch.autocast('cpu', torch.bfloat16):
        found = level(points, None)[1]
    assert (found - exact).abs().max() < 0.01 * exact.abs().max()


def test_crowded_balls_depend_on_the_order():
    """Documented, as in the released code; the contract's clouds have no crowded balls."""
    torch.manual_seed(0)
    level = shake(SetAbstraction(0, (8, 8), 4, 2.0, 3))
    points = torch.randn(1, 40, 3)
    turned = torch.cat([points[:, :1], points[:, 1:].flip(1)], dim=1)
    assert not torch.allclose(level(points, None)[1].amax(1), level(turned, None)[1].amax(1))


def test_lists_that_do_not_fit():
    with pytest.raises(ValueError, match='got 2, 1, 2 and 3'):
        PointNet2(radii=(0.2,))
