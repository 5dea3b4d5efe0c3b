from __future__ import annotations

import pytest
import torch

from zoo.layers import FeaturePropagation, interpolate


def drawn(seed=0, clouds=2, points=17, centers=6, channels=5):
    generator = torch.Generator().manual_seed(seed)
    sizes = ((clouds, points, 3), (clouds, centers, 3), (clouds, centers, channels))
    return [torch.randn(size, generator=generator) for size in sizes]


def by_loops(points, centers, features, neighbors):
    """Every point by itself, in float64."""
    found = torch.zeros(*points.shape[:2], features.shape[-1], dtype=torch.float64)
    for cloud in range(len(points)):
        for place, point in enumerate(points[cloud].double()):
            squares = [float(((point - center) ** 2).sum()) for center in centers[cloud].double()]
            nearest = sorted(range(len(squares)), key=squares.__getitem__)[:neighbors]
            shares = [1 / (squares[i] + 1e-8) for i in nearest]
            for share, i in zip(shares, nearest, strict=True):
                found[cloud, place] += share / sum(shares) * features[cloud, i].double()
    return found.float()


@pytest.mark.parametrize('neighbors', [1, 3, 6])
def test_interpolation_equals_a_loop(neighbors):
    points, centers, features = drawn()
    expected = by_loops(points, centers, features, neighbors)
    torch.testing.assert_close(interpolate(points, centers, features, neighbors), expected, rtol=1e-4, atol=1e-5)


def test_three_neighbors_are_read_by_default():
    points, centers, features = drawn(1)
    torch.testing.assert_close(interpolate(points, centers, features), interpolate(points, centers, features, 3))
    assert not torch.allclose(interpolate(points, centers, features), interpolate(points, centers, features, 2))


def test_a_point_on_a_center_takes_its_features():
    _, centers, features = drawn(2)
    torch.testing.assert_close(interpolate(centers, centers, features), features, rtol=1e-4, atol=1e-4)


def test_fewer_centers_than_neighbors_are_all_read():
    points, centers, features = drawn(3, centers=2)
    expected = by_loops(points, centers, features, 2)
    torch.testing.assert_close(interpolate(points, centers, features), expected, rtol=1e-4, atol=1e-5)
    alone = interpolate(points, centers[:, :1], features[:, :1])
    torch.testing.assert_close(alone, features[:, :1].expand_as(alone))


def test_constant_features_stay_and_gradients_reach_the_centers_alone():
    points, centers, features = drawn(4)
    points.requires_grad_()
    features.requires_grad_()
    torch.testing.assert_close(
        interpolate(points, centers, torch.ones_like(features)), torch.ones(2, 17, 5), rtol=1e-5, atol=1e-5
    )
    interpolate(points, centers, features).sum().backward()
    assert points.grad is None
    # The weights of a point sum to one, so those of a cloud sum to its points.
    torch.testing.assert_close(features.grad.sum(dim=1), torch.full((2, 5), 17.0), rtol=1e-4, atol=1e-4)


def test_shapes_that_do_not_fit():
    points, centers, features = drawn()
    with pytest.raises(ValueError, match='do not fit'):
        interpolate(points, centers, features[:, 1:])


@pytest.mark.parametrize('training', [True, False])
def test_propagation_equals_concatenation_of_coordinates_and_interpolated_features(training):
    """The order of the paper: interpolate, put beside the coordinates, then every layer over the points."""
    torch.manual_seed(0)
    points, centers, features = drawn(5)
    layer = FeaturePropagation(5, (8, 4)).train(training)
    plain = FeaturePropagation(5, (8, 4)).train(training)
    plain.load_state_dict(layer.state_dict())
    expected = plain.mlp(torch.cat([points, interpolate(points, centers, features)], dim=-1))
    found = layer(points, centers, features)
    assert found.shape == (2, 17, 4)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
