from __future__ import annotations

import torch

from zoo.ops.library import define_operator


def test_an_operator_runs_eagerly_and_has_known_shapes():
    twice = define_operator(
        'test_twice(Tensor x, int n) -> Tensor',
        lambda x, n: x.repeat(n) if x.sum() else x,
        lambda x, n: x.new_empty(len(x) * n),
    )
    x = torch.ones(3, requires_grad=True)
    assert twice(x.detach(), 2).tolist() == [1] * 6
    assert twice(torch.empty(3, device='meta'), 2).shape == (6,)
    assert torch.compile(lambda y: twice(y, 2) + 1, backend='eager', fullgraph=True)(torch.ones(2)).tolist() == [2] * 4
