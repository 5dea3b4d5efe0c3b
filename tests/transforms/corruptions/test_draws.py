# ruff: noqa: NPY002  (the global generators are what is tested: they must not matter)
from __future__ import annotations

import numpy as np
import torch
from scipy import stats

from tests.transforms.clouds import UNLIKELY
from zoo.transforms.corruptions.draws import KeyedDraws


def draws(size=2000, seed=0, name='jitter'):
    return KeyedDraws(seed, name, torch.arange(size))


def test_numbers_are_uniform_within_and_across_objects():
    sample = draws().uniform(50)
    assert sample.shape == (2000, 50)
    assert 0 <= sample.min() < sample.max() < 1
    assert stats.kstest(sample.ravel(), 'uniform').pvalue > UNLIKELY
    for column in range(0, 50, 7):
        assert stats.kstest(sample[:, column], 'uniform').pvalue > UNLIKELY
    assert np.abs(np.corrcoef(sample[:, :8].T) - np.eye(8)).max() < 0.08
    assert abs(np.corrcoef(sample[:-1].ravel(), sample[1:].ravel())[0, 1]) < 0.02


def test_normal_numbers_are_normal():
    sample = draws().normal(20, 3)
    assert sample.shape == (2000, 20, 3)
    assert stats.kstest(sample.ravel(), 'norm').pvalue > UNLIKELY
    assert np.abs(np.corrcoef(sample.reshape(2000, -1)[:, :10].T) - np.eye(10)).max() < 0.08


def test_integers_and_permutations_are_even():
    stream = draws(6000)
    assert stats.chisquare(np.bincount(stream.integer(7, 1).ravel(), minlength=7)).pvalue > UNLIKELY
    orders = stream.permutation(3) @ [9, 3, 1]
    values, counts = np.unique(orders, return_counts=True)
    assert len(values) == 6
    assert stats.chisquare(counts).pvalue > UNLIKELY
    assert np.array_equal(np.sort(draws(5).permutation(40)), np.tile(np.arange(40), (5, 1)))


def test_an_object_has_its_own_numbers_wherever_it_stands():
    together = draws(50)
    alone = KeyedDraws(0, 'jitter', torch.tensor([17]))
    for kind, shape in (('uniform', (3, 2)), ('normal', (5,)), ('permutation', (9,)), ('integer', (4, 3))):
        assert np.array_equal(getattr(together, kind)(*shape)[17], getattr(alone, kind)(*shape)[0])


def test_seed_name_and_object_make_a_difference():
    streams = [draws(2), draws(2, seed=1), draws(2, name='scale')]
    rows = np.concatenate([stream.uniform(4) for stream in streams])
    assert len(np.unique(rows)) == rows.size


def test_generators_of_torch_and_numpy_neither_matter_nor_move():
    torch.manual_seed(0)
    np.random.seed(0)
    first = draws(3).uniform(4)
    assert torch.rand(1) == torch.rand(1, generator=torch.Generator().manual_seed(0))
    assert np.random.rand() == np.random.RandomState(0).rand()
    assert np.array_equal(draws(3).uniform(4), first)


def test_numbers_are_the_same_in_every_version():
    """Corrupted test sets are named by their seed; a change of the numbers would make records incomparable."""
    assert draws(2).uniform(2).tolist() == [
        [0.08322740247834537, 0.0961835015117588],
        [0.21712395544104657, 0.05654651091470386],
    ]
