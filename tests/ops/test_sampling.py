from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.ops import oracles
from tests.shared import shared_file
from zoo.ops import backend, farthest_point_sample


@pytest.mark.parametrize('skip', [False, True])
@pytest.mark.parametrize('start', [0, 7])
@pytest.mark.parametrize('scale', [1.0, 0.05])
def test_equals_the_definition(each_backend, generator, start, skip, scale):
    points = torch.randn(3, 40, 3, generator=generator) * scale
    expected = oracles.batch_fps(points, 12, start, skip)
    assert torch.equal(farthest_point_sample(points, 12, start=start, skip_near_origin=skip), expected)


def test_reproduces_the_reference_kernel(each_backend):
    with np.load(shared_file('parity', 'fps.npz'), allow_pickle=False) as file:
        points, expected = torch.from_numpy(file['io/points']), torch.from_numpy(file['io/fps_index'])
    found = farthest_point_sample(points, expected.shape[1], skip_near_origin=True)
    assert torch.equal(found, expected)


@pytest.mark.skipif('numba' not in backend.available_backends(), reason='numba cannot be imported')
@pytest.mark.parametrize('kind', ['normal', 'lattice', 'plane', 'large', 'tiny'])
def test_backends_agree_bit_for_bit(generator, kind):
    points = oracles.hard_clouds(kind, generator, 8, 700)
    answers = []
    for name in ('torch', 'numba'):
        with backend.use_backend(name):
            answers.append(farthest_point_sample(points, 90))
    assert torch.equal(*answers)


def test_a_shorter_request_is_a_prefix(each_backend, generator):
    points = oracles.lattice(generator, 4, 30, 3)
    long = farthest_point_sample(points, 80)
    for count in (1, 2, 29, 30, 31, 79):
        assert torch.equal(farthest_point_sample(points, count), long[:, :count])


def test_follows_a_permutation(each_backend, generator):
    points = torch.randn(2, 50, 3, generator=generator)
    order = torch.randperm(50, generator=generator)
    start = int((order == 3).nonzero())
    assert torch.equal(
        order[farthest_point_sample(points[:, order], 20, start=start)], farthest_point_sample(points, 20, start=3)
    )


@pytest.mark.parametrize('move', [lambda p: p + torch.tensor([8.0, -3.0, 0.5]), lambda p: p * 64, lambda p: -p])
def test_ignores_exact_translation_scaling_and_reflection(each_backend, generator, move):
    points = oracles.lattice(generator, 3, 60, 3)
    assert torch.equal(farthest_point_sample(move(points), 30), farthest_point_sample(points, 30))


@pytest.mark.parametrize('skip', [False, True])
@pytest.mark.parametrize('start', [0, 5])
def test_duplicates_and_short_clouds_use_up_every_index_then_repeat(each_backend, generator, start, skip):
    points = oracles.lattice(generator, 6, 9, 3)
    points[0] = 0
    points[1] = 1
    points[2, ::2] = 0
    points[3, start] = 0
    expected = oracles.batch_fps(points, 25, start, skip)
    found = farthest_point_sample(points, 25, start=start, skip_near_origin=skip)
    assert torch.equal(found, expected)
    if not skip:
        assert all(len(set(row)) == 9 for row in found[:, :9].tolist())


def test_a_cloud_of_skipped_points_repeats_the_start(each_backend):
    points = torch.full((2, 6, 3), 0.01)
    assert farthest_point_sample(points, 4, start=2, skip_near_origin=True).tolist() == [[2] * 4] * 2


def test_skipping_concerns_points_up_to_the_bound_only(each_backend):
    edge = 1e-3**0.5
    points = torch.tensor([[[1.0, 0, 0], [0.99 * edge, 0, 0], [1.01 * edge, 0, 0], [-1, 0, 0]]])
    assert farthest_point_sample(points, 4, skip_near_origin=True).tolist() == [[0, 3, 2, 0]]
    assert farthest_point_sample(points, 4).tolist() == [[0, 3, 1, 2]]


def test_one_point(each_backend):
    assert farthest_point_sample(torch.ones(2, 1, 3), 3).tolist() == [[0, 0, 0]] * 2


def test_double_precision_sees_what_float_does_not(each_backend):
    points = torch.tensor([[[0, 0, 0], [1, 0, 0], [1 + 1e-12, 0, 0]]], dtype=torch.float64)
    assert farthest_point_sample(points, 2).tolist() == [[0, 2]]
    assert farthest_point_sample(points.float(), 2).tolist() == [[0, 1]]


def test_result_is_integer_and_without_gradient(each_backend, generator):
    points = torch.randn(2, 20, 3, generator=generator, requires_grad=True)
    found = farthest_point_sample(points, 5)
    assert (found.dtype, found.shape, found.requires_grad) == (torch.int64, (2, 5), False)


@pytest.mark.parametrize('start', [-1, 4])
def test_start_must_be_an_index(start):
    with pytest.raises(ValueError, match='start must be an index below 4'):
        farthest_point_sample(torch.zeros(1, 4, 3), 2, start=start)
