from __future__ import annotations

import pytest
import torch

from tests.ops import oracles
from zoo.ops import ball_query


def by_definition(query, reference, radius, k):
    """Walk through every cloud in order, as the kernel of PointNet++ does."""
    index = torch.zeros(*query.shape[:2], k, dtype=torch.int64)
    for b, m in torch.cartesian_prod(torch.arange(len(query)), torch.arange(query.shape[1])).tolist():
        bound = (query.new_tensor(radius) * query.new_tensor(radius)).numpy()
        near = [i for i, p in enumerate(reference[b].numpy()) if oracles.squared(p, query[b, m].numpy()) < bound]
        if near:
            index[b, m] = torch.tensor((near + [near[0]] * k)[:k])
    return index


@pytest.mark.parametrize('k', [1, 5, 30])
@pytest.mark.parametrize('radius', [0.2, 0.75, 3.0])
def test_equals_the_definition(each_backend, generator, radius, k):
    reference = oracles.lattice(generator, 3, 20, 3)
    query = torch.cat([reference[:, :6], torch.full((3, 1, 3), 9.0)], dim=1)
    found = ball_query(query, reference, radius, k)
    assert torch.equal(found, by_definition(query, reference, radius, k))
    assert (found[:, -1] == 0).all()


def test_backends_agree_in_blocks(monkeypatch, generator):
    from zoo.ops import backend, torch_backend

    monkeypatch.setitem(torch_backend.LARGEST_BLOCK, 'cpu', 100)
    points = torch.randn(2, 60, 3, generator=generator)
    answers = []
    for name in backend.available_backends():
        with backend.use_backend(name):
            answers.append(ball_query(points[:, ::3], points, 0.8, 7))
    assert all(torch.equal(answer, by_definition(points[:, ::3], points, 0.8, 7)) for answer in answers)


def test_the_border_is_outside(each_backend):
    points = torch.tensor([[[0.0, 0, 0], [0.5, 0, 0], [0.25, 0, 0]]])
    assert ball_query(points[:, :1], points, 0.5, 3).tolist() == [[[0, 2, 0]]]


def test_double_precision_and_no_query(generator):
    points = torch.randn(2, 15, 3, generator=generator, dtype=torch.float64)
    assert torch.equal(ball_query(points, points, 1.0, 4), by_definition(points, points, 1.0, 4))
    assert ball_query(torch.zeros(2, 0, 3), torch.zeros(2, 5, 3), 1.0, 2).shape == (2, 0, 2)


@pytest.mark.parametrize('radius', [0, float('inf')])
def test_bad_radius(radius):
    with pytest.raises(ValueError, match='radius'):
        ball_query(torch.zeros(1, 2, 3), torch.zeros(1, 2, 3), radius, 1)
