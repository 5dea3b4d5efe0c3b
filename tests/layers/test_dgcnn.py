"""What it computes is compared with released tokenizers, in tests/hub/test_official_tokenizers.py."""

from __future__ import annotations

import pytest
import torch

from zoo.layers.dgcnn import TokenGraph


@pytest.mark.parametrize('groups', [1, 2])
def test_fewer_centers_than_neighbors(groups):
    graph = TokenGraph(5, 8, widths=(8, 8, 8))
    assert graph(torch.randn(2, groups, 5), torch.randn(2, groups, 3)).isfinite().all()


@pytest.mark.parametrize(
    ('arguments', 'message'), [(dict(widths=(8,)), 'two numbers'), (dict(widths=(8, 10)), r'\[10\].*norm_groups 4')]
)
def test_widths_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        TokenGraph(5, 8, **arguments)
