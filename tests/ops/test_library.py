from __future__ import annotations

import pytest
import torch

from zoo.objectives import align_views  # defines an operator
from zoo.ops import backend, library

POINTS = torch.randn(2, 9, 3, generator=torch.Generator().manual_seed(0))
OTHER, LEAF = POINTS.flip(1)[:, :5].contiguous(), POINTS.clone().requires_grad_()
CHOICES = torch.zeros(2, 9, dtype=torch.int64), torch.zeros(2, 5, dtype=torch.int64)
CALLS = {
    'ball_query': [(OTHER, POINTS, 0.9, 4)],
    'chamfer': [(LEAF, OTHER, 1), (LEAF, OTHER, 2)],
    'chamfer_gradient': [(torch.ones(2), POINTS, OTHER, *CHOICES, 1)],
    'farthest_points': [(POINTS, 4, 0, True), (POINTS, 12, 3, False)],
    'feature_knn': [(POINTS, 4), (POINTS, 12)],
    'knn': [(OTHER, POINTS, 3), (POINTS, OTHER, 7)],
    'match': [(POINTS,)],
    'neighborhoods': [(LEAF, OTHER.clone().requires_grad_(), 4)],
    'shape_order': [(POINTS, True)],
}


def test_every_operator_is_tried():
    assert align_views.matches
    assert {name.split('::')[1] for name in library._LIBRARY._op_defs} - {'test_twice'} == set(CALLS)


@pytest.mark.parametrize('name', CALLS)
def test_schema_shapes_gradient_and_tracing(name):
    with backend.use_backend('torch'):
        for arguments in CALLS[name]:
            torch.library.opcheck(getattr(torch.ops.recon_zoo, name).default, arguments)


def test_an_operator_runs_eagerly_and_has_known_shapes():
    twice = library.define_operator(
        'test_twice(Tensor x, int n) -> Tensor',
        lambda x, n: x.repeat(n) if x.sum() else x,
        lambda x, n: x.new_empty(len(x) * n),
    )
    x = torch.ones(3, requires_grad=True)
    assert twice(x.detach(), 2).tolist() == [1] * 6
    assert twice(torch.empty(3, device='meta'), 2).shape == (6,)
    assert torch.compile(lambda y: twice(y, 2) + 1, backend='eager', fullgraph=True)(torch.ones(2)).tolist() == [2] * 4
