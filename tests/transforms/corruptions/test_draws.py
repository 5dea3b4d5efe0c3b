# ruff: noqa: NPY002  (the global generators are what is tested: they must not matter)
from __future__ import annotations

import numpy as np
import torch
from scipy import stats

from tests.transforms.clouds import UNLIKELY
from zoo.transforms.corruptions.draws import KeyedDraws


def draws(size=2000, seed=0, name='jitter'):
    return KeyedDraws(seed, name, torch.arange(size))


def splitmix(state):
    """One step of SplitMix64 in Python's integers."""
    mask = 2**64 - 1
    z = state & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


def test_the_generator_is_splitmix64():
    stream = KeyedDraws(3, 'x', torch.tensor([5]))
    stream._state = np.array([1234567], dtype=np.uint64)
    # The first outputs from this seed, as published with the reference implementation's ports.
    assert stream._bits(3)[0].tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]
    state, step = 1234567, 0x9E3779B97F4A7C15
    more = [splitmix(state + position * step) for position in range(4, 9)]
    assert stream._bits(5)[0].tolist() == more


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
    for draw in (
        lambda d: d.uniform(3, 2),
        lambda d: d.normal(5),
        lambda d: d.permutation(9),
        lambda d: d.integer(4, 3),
    ):
        assert np.array_equal(draw(together)[17], draw(alone)[0])


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
