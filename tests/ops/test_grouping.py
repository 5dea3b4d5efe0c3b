from __future__ import annotations

import pytest
import torch

from tests.ops import oracles
from zoo.ops import gather_points, gather_rows, group


def expected_groups(points, num_groups, group_size, skip=False):
    centers = gather_loop(points, oracles.batch_fps(points, num_groups, 0, skip))
    _, members = oracles.batch_knn(centers, points, group_size)
    return gather_loop(points, members) - centers[:, :, None], centers


def gather_loop(points, index):
    return torch.stack([cloud[rows] for cloud, rows in zip(points, index, strict=True)])


@pytest.mark.parametrize('skip', [False, True])
@pytest.mark.parametrize(('num_groups', 'group_size'), [(1, 1), (6, 5), (25, 4), (4, 25), (30, 30)])
def test_equals_the_definition(each_backend, generator, num_groups, group_size, skip):
    points = torch.randn(3, 20, 3, generator=generator)
    points[:, :4] *= 0.01
    points[0, 5:9] = points[0, 4]
    neighborhoods, centers = group(points, num_groups, group_size, skip_near_origin=skip)
    expected = expected_groups(points, num_groups, group_size, skip)
    assert neighborhoods.shape == (3, num_groups, group_size, 3)
    assert torch.equal(neighborhoods, expected[0])
    assert torch.equal(centers, expected[1])


def test_one_point_makes_groups_at_zero(each_backend):
    neighborhoods, centers = group(torch.ones(2, 1, 3), 3, 4)
    assert (neighborhoods == 0).all()
    assert (centers == 1).all()


def test_translation_moves_centers_alone(each_backend, generator):
    points = oracles.lattice(generator, 2, 60, 3)
    neighborhoods, centers = group(points, 8, 6)
    moved, moved_centers = group(points + 2, 8, 6)
    assert torch.equal(moved, neighborhoods)
    assert torch.equal(moved_centers, centers + 2)


def test_gradient_flows_to_the_points(each_backend, generator):
    points = torch.randn(2, 12, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: group(p, 4, 3), points)


@pytest.mark.parametrize('sizes', [(5,), (5, 2), (2, 3, 2), (), (0,)])
@pytest.mark.parametrize('channels', [1, 3, 7])
def test_gather_equals_indexing(generator, sizes, channels):
    rows = torch.randn(3, 9, channels, generator=generator)
    index = torch.randint(9, (3, *sizes), generator=generator)
    found = gather_points(rows, index)
    assert found.shape == (3, *sizes, channels)
    assert torch.equal(found, gather_loop(rows, index))


def test_gather_keeps_the_type_and_has_a_gradient(generator):
    labels = torch.arange(12).view(2, 6, 1)
    assert gather_points(labels, torch.tensor([[5, 0], [0, 5]])).flatten().tolist() == [5, 0, 6, 11]
    rows = torch.zeros(1, 3, 2, requires_grad=True)
    gather_points(rows, torch.tensor([[2, 0, 2]], dtype=torch.int32)).sum().backward()
    assert rows.grad.tolist() == [[[1, 1], [0, 0], [2, 2]]]


@pytest.mark.parametrize(
    ('points', 'index', 'words'),
    [
        (torch.zeros(2, 4), torch.zeros(2, 1).long(), 'do not fit'),
        (torch.zeros(2, 4, 3), torch.zeros(3, 1).long(), r'\(2, 4, 3\), \(3, 1\)'),
        (torch.zeros(2, 4, 3), torch.tensor(0), 'do not fit'),
        (torch.zeros(2, 4, 3), torch.zeros(2, 1), 'integers, got torch.float32'),
        (torch.zeros(2, 4, 3), torch.zeros(2, 4, dtype=torch.bool), 'integers, got torch.bool'),
    ],
)
def test_gather_names_wrong_input(points, index, words):
    with pytest.raises(ValueError, match=words):
        gather_points(points, index)


def test_gather_does_not_reach_into_the_next_cloud():
    with pytest.raises((IndexError, RuntimeError), match='out of bounds'):
        gather_points(torch.zeros(2, 4, 3), torch.tensor([[4], [0]]))


@pytest.mark.parametrize('sizes', [(5,), (5, 2), (0,)])
def test_gather_of_rows_is_the_same(generator, sizes):
    rows = torch.randn(3, 9, 20, generator=generator, dtype=torch.float64, requires_grad=True)
    index = torch.randint(9, (3, *sizes), generator=generator)
    assert torch.equal(gather_rows(rows, index), gather_points(rows, index))
    assert torch.autograd.gradcheck(lambda r: gather_rows(r, index), rows)


def test_gather_of_rows_from_an_empty_batch():
    assert gather_rows(torch.zeros(0, 9, 4), torch.zeros(0, 5, 2, dtype=torch.int64)).shape == (0, 5, 2, 4)
