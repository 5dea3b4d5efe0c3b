from __future__ import annotations

import pytest
import torch

from zoo.layers import largest


@pytest.mark.parametrize('dim', [0, 1, 2, -1])
def test_it_is_the_maximum_with_and_without_gradient(dim):
    x = torch.randn(4, 5, 6)
    assert torch.equal(largest(x, dim), x.sort(dim=dim).values.select(dim, -1))
    assert torch.equal(largest(x.requires_grad_(), dim), largest(x.detach(), dim))


def test_the_first_of_equals_gets_the_gradient():
    x = torch.tensor([[1.0, 3.0, 3.0]], requires_grad=True)
    largest(x, 1).sum().backward()
    assert x.grad.tolist() == [[0, 1, 0]]
    with torch.no_grad():
        assert largest(x, 1).tolist() == [3]
