from __future__ import annotations

import pytest
import torch

from tests.ops import oracles
from zoo.ops import backend, knn


def equal(found, expected):
    return torch.equal(found[0], expected[0]) and torch.equal(found[1], expected[1])


@pytest.mark.parametrize('k', [1, 2, 7, 30, 40])
@pytest.mark.parametrize('ties', [False, True])
def test_equals_the_definition(each_backend, generator, k, ties):
    draw = oracles.lattice if ties else lambda g, *shape: torch.randn(shape, generator=g)
    query, reference = draw(generator, 3, 11, 3), draw(generator, 3, 30, 3)
    assert equal(knn(query, reference, k), oracles.batch_knn(query, reference, k))


@pytest.mark.skipif('numba' not in backend.available_backends(), reason='numba cannot be imported')
@pytest.mark.parametrize('scale', [1.0, 1e19, 1e-23])
@pytest.mark.parametrize('k', [1, 32, 600])
def test_backends_agree_bit_for_bit(generator, k, scale):
    points = torch.randn(4, 600, 3, generator=generator) * scale
    points[0] = oracles.lattice(generator, 600, 3)
    answers = []
    for name in ('torch', 'numba'):
        with backend.use_backend(name):
            answers.append(knn(points[:, :50], points, k))
    assert equal(*answers)


def test_follows_a_permutation_of_the_reference(each_backend, generator):
    query, reference = torch.randn(2, 9, 3, generator=generator), torch.randn(2, 40, 3, generator=generator)
    order = torch.randperm(40, generator=generator)
    distance, index = knn(query, reference[:, order], 6)
    assert equal((distance, order[index]), knn(query, reference, 6))


def test_translation_and_scale(each_backend, generator):
    query, reference = oracles.lattice(generator, 2, 9, 3), oracles.lattice(generator, 2, 40, 3)
    distance, index = knn(query, reference, 6)
    assert equal(knn(query + 5, reference + 5, 6), (distance, index))
    assert equal(knn(query * 8, reference * 8, 6), (distance * 64, index))


def test_double_precision_stays(each_backend):
    reference = torch.tensor([[[1 + 1e-12, 0, 0], [1, 0, 0]]], dtype=torch.float64)
    distance, index = knn(torch.zeros(1, 1, 3), reference, 2)
    assert index.tolist() == [[[1, 0]]]
    assert distance.dtype == torch.float64


def test_no_query_gives_no_answer(each_backend):
    distance, index = knn(torch.zeros(2, 0, 3), torch.zeros(2, 5, 3), 4)
    assert (distance.shape, index.shape) == ((2, 0, 4), (2, 0, 4))


def test_nearest_both_ways(each_backend, generator):
    a, b = oracles.lattice(generator, 5, 12, 3), oracles.lattice(generator, 5, 17, 3)
    _, there, back = torch.ops.recon_zoo.chamfer(a, b, 2)
    assert torch.equal(there, oracles.batch_knn(a, b, 1)[1][..., 0])
    assert torch.equal(back, oracles.batch_knn(b, a, 1)[1][..., 0])
