from __future__ import annotations

import pytest
import torch

from tests.ops import oracles
from zoo.ops import torch_backend


@pytest.mark.parametrize('limit', [1, 100, 10**9])
def test_blocks_do_not_change_the_answer(monkeypatch, generator, limit):
    query, reference = oracles.lattice(generator, 2, 13, 3), oracles.lattice(generator, 2, 20, 3)
    monkeypatch.setitem(torch_backend.LARGEST_BLOCK, 'cpu', limit)
    expected = oracles.batch_knn(query, reference, 5)
    found = torch_backend.nearest_points(query, reference, 5)
    assert torch.equal(found[0], expected[0])
    assert torch.equal(found[1], expected[1])
    assert torch.equal(torch_backend.nearest_index(query, reference), expected[1][..., 0])


@pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
def test_smallest_is_a_stable_sort(generator, dtype):
    distance = torch.randint(0, 6, (4, 5, 40), generator=generator).to(dtype) / 3
    values, order = distance.sort(dim=-1, stable=True)
    found = torch_backend.smallest(distance, 11)
    assert torch.equal(found[0], values[..., :11])
    assert torch.equal(found[1], order[..., :11])
