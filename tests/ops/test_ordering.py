from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from tests.ops import oracles
from zoo import ops

KINDS = ('normal', 'lattice', 'plane', 'copies', 'one place', 'large', 'small', 'far away', 'float64')


@pytest.mark.parametrize('kind', KINDS)
def test_shuffled_points_are_put_in_the_same_order(generator, kind):
    points = oracles.hard_clouds(kind, generator, 4, 30)
    expected = ops.in_order(points, 'shape')
    for _ in range(5):
        order = torch.randperm(30, generator=generator)
        assert torch.equal(ops.in_order(points[:, order], 'shape'), expected)
    index = ops.shape_order(points)
    assert torch.equal(index.sort(dim=1).values, torch.arange(30).expand(4, -1))
    assert torch.equal(ops.gather_points(points, index), expected)


@pytest.mark.parametrize('kind', KINDS)
def test_first_is_the_point_farthest_from_the_mean(generator, kind):
    """By exact arithmetic, up to what rounding to float32 cannot tell apart."""
    points = oracles.hard_clouds(kind, generator, 4, 30)
    for cloud, chosen in zip(points.tolist(), ops.shape_order(points)[:, 0].tolist(), strict=True):
        exact = [[Fraction(value) for value in point] for point in cloud]
        mean = [sum(axis) / len(exact) for axis in zip(*exact, strict=True)]
        distance = [sum((a - b) ** 2 for a, b in zip(point, mean, strict=True)) for point in exact]
        assert distance[chosen] >= max(distance) * (1 - Fraction(1, 10**6))


def test_a_cloud_does_not_depend_on_the_others(generator):
    points = torch.randint(-1, 2, (20, 60, 3), generator=generator).float()
    whole = ops.shape_order(points)
    assert all(
        torch.equal(ops.shape_order(cloud.unsqueeze(0))[0], row) for cloud, row in zip(points, whole, strict=True)
    )


def test_no_side_of_the_cloud_is_preferred(generator):
    """A full ball keeps the points of lowest index: they should lie on all of its sides."""
    early = ops.in_order(torch.rand(1, 4000, 3, generator=generator), 'shape')[0, :400]
    assert bool(((early.mean(0) - 0.5).abs() < 0.06).all())


def test_signs_of_zero_are_one_place():
    points = torch.tensor([[[0.0, 1, 0], [-0.0, 1, 0], [0, -1, 0.0], [0.5, 0, -0.0]]])
    assert torch.equal(ops.shape_order(points), ops.shape_order(points.abs() * points.sign()))


def test_points_near_the_origin_do_not_lead(generator):
    points = 3 + torch.rand(1, 50, 3, generator=generator)
    points[0, 7] = 0.01
    assert ops.shape_order(points)[0, 0] == 7
    assert ops.shape_order(points, skip_near_origin=True)[0, 0] != 7
    nothing_else = torch.rand(2, 9, 3, generator=generator) * 0.01
    order = torch.randperm(9, generator=generator)
    found = [
        ops.gather_points(p, ops.shape_order(p, skip_near_origin=True)) for p in (nothing_else, nothing_else[:, order])
    ]
    assert torch.equal(*found)


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('skip', [False, True])
def test_groups_do_not_depend_on_the_order(each_backend, generator, kind, skip):
    points = oracles.hard_clouds(kind, generator, 4, 30)
    expected = ops.group(points, 9, 5, order='shape', skip_near_origin=skip)
    found = ops.group(points[:, torch.randperm(30, generator=generator)], 9, 5, order='shape', skip_near_origin=skip)
    assert torch.equal(found[0], expected[0])
    assert torch.equal(found[1], expected[1])


def test_gradients_pass(generator):
    points = torch.randn(2, 20, 3, generator=generator, requires_grad=True)
    ops.in_order(points, 'shape').square().sum().backward()
    assert torch.equal(points.grad, 2 * points)


def test_wrong_input():
    with pytest.raises(ValueError, match="unknown order 'random': choose one of given, shape"):
        ops.in_order(torch.zeros(1, 4, 3), 'random')
    with pytest.raises(ValueError, match='batch index 1'):
        ops.shape_order(torch.tensor([[[0.0, 0, 0]], [[0, torch.nan, 0]]]))
    assert ops.shape_order(torch.zeros(0, 4, 3)).shape == (0, 4)
