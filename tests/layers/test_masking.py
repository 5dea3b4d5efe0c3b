from __future__ import annotations

import pytest
import torch

from zoo.layers import BlockMask, RandomMask, split_by_mask


def draw(kind, centers, ratio):
    return kind(ratio)((None, centers), None)


@pytest.mark.parametrize('kind', [RandomMask, BlockMask])
@pytest.mark.parametrize('ratio', [0.0, 0.3, 0.6, 0.99])
def test_every_row_hides_the_same_number(kind, ratio):
    mask = draw(kind, torch.randn(7, 64, 3), ratio)
    assert mask.dtype == torch.bool
    assert mask.sum(1).tolist() == [int(ratio * 64)] * 7


def test_reference_count():
    assert RandomMask(0.6).count(64) == 38


@pytest.mark.parametrize('ratio', [-0.1, 1.0, 1.5])
def test_impossible_ratios(ratio):
    with pytest.raises(ValueError, match='mask ratio'):
        RandomMask(ratio)


def test_random_masks_are_uniform_over_groups():
    torch.manual_seed(0)
    share = draw(RandomMask, torch.zeros(20000, 10, 3), 0.6).float().mean(0)
    torch.testing.assert_close(share, torch.full((10,), 0.6), atol=0.015, rtol=0)


def test_block_mask_hides_a_ball():
    """The hidden groups are the nearest ones to some center, so one center has all of them in front of the others."""
    torch.manual_seed(0)
    centers = torch.randn(6, 20, 3)
    for row, mask in zip(centers, draw(BlockMask, centers, 0.4), strict=True):
        distance = torch.cdist(row, row)
        inside = distance[:, mask].max(1).values
        outside = distance[:, ~mask].min(1).values
        assert bool((inside <= outside).any())


def test_split_keeps_the_order():
    mask = torch.tensor([[True, False, False, True], [False, True, True, False]])
    visible, masked = split_by_mask(mask, 2)
    assert visible.tolist() == [[1, 2], [0, 3]]
    assert masked.tolist() == [[0, 3], [1, 2]]
