from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from zoo.layers.folding import FoldingDecoder, folding_grid


def test_the_grid_is_a_square_whose_first_coordinate_runs_fastest():
    expected = [(x, y) for y in (-0.05, 0.05) for x in (-0.05, 0.05)]
    torch.testing.assert_close(folding_grid(), torch.tensor(expected))
    assert folding_grid(3, 1.0).tolist()[3:6] == [[-1, 0], [0, 0], [1, 0]]


def slow_decode(decoder, token):
    """One group, one point at a time; norms by their running statistics."""

    def norm(layer, x):
        return F.batch_norm(x[None], layer.running_mean, layer.running_var, layer.weight, layer.bias)[0]

    coarse = decoder.coarse(token).reshape(-1, 3)
    fine = []
    for anchor in coarse:
        for seed in folding_grid():
            x = decoder.fold1(torch.cat([token, seed, anchor]))
            x = decoder.fold2(F.relu(norm(decoder.norm1, x)))
            fine.append(decoder.fold3(F.relu(norm(decoder.norm2, x))) + anchor)
    return coarse, torch.stack(fine)


def test_folding_equals_the_loop():
    torch.manual_seed(0)
    decoder = FoldingDecoder(6, 8, widths=(12, 10))
    for _ in range(3):  # statistics other than 0 and 1
        decoder(torch.randn(4, 5, 6))
    decoder.eval()
    tokens = torch.randn(2, 3, 6)
    coarse, fine = decoder(tokens)
    assert coarse.shape == (2, 3, 2, 3)
    assert fine.shape == (2, 3, 8, 3)
    for b in range(2):
        for g in range(3):
            slow_coarse, slow_fine = slow_decode(decoder, tokens[b, g])
            torch.testing.assert_close(coarse[b, g], slow_coarse)
            torch.testing.assert_close(fine[b, g], slow_fine)


def test_the_grid_is_no_weight():
    assert 'grid' not in FoldingDecoder(6, 8).state_dict()


@pytest.mark.parametrize('size', [0, 3, 18])
def test_groups_of_other_sizes_are_refused(size):
    with pytest.raises(ValueError, match='multiple of 4'):
        FoldingDecoder(6, size)
