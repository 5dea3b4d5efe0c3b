"""What it computes is compared with released tokenizers, in tests/hub/test_official_tokenizers.py."""

from __future__ import annotations

import pytest
import torch

from zoo.layers.folding import FoldingDecoder, folding_grid


def test_the_grid_is_a_square_whose_first_coordinate_runs_fastest():
    expected = [(x, y) for y in (-0.05, 0.05) for x in (-0.05, 0.05)]
    torch.testing.assert_close(folding_grid(), torch.tensor(expected))
    assert folding_grid(3, 1.0).tolist()[3:6] == [[-1, 0], [0, 0], [1, 0]]


def test_the_grid_is_no_weight():
    assert 'grid' not in FoldingDecoder(6, 8).state_dict()


@pytest.mark.parametrize('size', [0, 3, 18])
def test_groups_of_other_sizes_are_refused(size):
    with pytest.raises(ValueError, match='multiple of 4'):
        FoldingDecoder(6, size)
