from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from benchmarks.records import holm, paired_t


def test_paired_t_against_scipy():
    a, b = [81.0, 83.5, 80.2, 84.1], [80.1, 82.9, 80.6, 81.9]
    assert paired_t(a, b).p_value == pytest.approx(stats.ttest_rel(a, b).pvalue)


def test_paired_t_keeps_its_level():
    generator = np.random.default_rng(7)
    draws = [paired_t(generator.normal(3.0, 1, 5), generator.normal(3.0, 1, 5)) for _ in range(1000)]
    assert 0.03 <= np.mean([entry.p_value <= 0.05 for entry in draws]) <= 0.07


def test_seeds_without_spread():
    assert paired_t([2.0, 3.0], [1.0, 2.0]).p_value == 0.0
    assert paired_t([2.0, 3.0], [2.0, 3.0]).p_value == 1.0
    single = paired_t([2.0], [1.0])
    assert (single.p_value, single.method) == (1.0, 'one seed')


@pytest.mark.parametrize(
    ('a', 'b'), [([1.0], [1.0, 0.0]), ([1.0, 2.0], [1.0]), ([], []), ([1.0, float('nan')], [1.0, 1.0])]
)
def test_what_is_no_pair_is_refused(a, b):
    with pytest.raises(ValueError):
        paired_t(a, b)


def test_a_worked_example():
    """4 × 0.005, 3 × 0.01, 2 × 0.03, and 1 × 0.04, which may not be smaller than the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def slow(values, alpha):
    """Holm as it is told: from the smallest p on, stop at the first that fails."""
    rejected = set()
    for step, place in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        if values[place] > alpha / (len(values) - step):
            break
        rejected.add(place)
    return rejected


def test_it_rejects_what_the_procedure_rejects():
    generator = np.random.default_rng(0)
    for _ in range(300):
        values = generator.random(generator.integers(1, 12)) ** 3
        for alpha in (0.01, 0.05, 0.2):
            assert {place for place, p in enumerate(holm(values)) if p <= alpha} == slow(values, alpha)


def test_properties():
    generator = np.random.default_rng(1)
    for _ in range(100):
        values = generator.random(generator.integers(1, 15))
        adjusted = holm(values)
        assert all(p <= a <= min(1.0, len(values) * p) + 1e-12 for p, a in zip(values, adjusted, strict=True))
        order = np.argsort(values)
        assert np.all(np.diff(np.asarray(adjusted)[order]) >= 0)
        mixed = generator.permutation(len(values))
        np.testing.assert_allclose(holm(values[mixed]), np.asarray(adjusted)[mixed])


def test_the_rate_of_false_findings_stays_below_the_level():
    trials = np.random.default_rng(2).random((2000, 10))
    assert np.mean([min(holm(row)) <= 0.05 for row in trials]) <= 0.06


def test_ends():
    assert holm([]) == []
    assert holm([0.04]) == [0.04]
    assert holm([0.9, 0.9]) == [1.0, 1.0]


@pytest.mark.parametrize('values', [[-0.1], [1.1], [float('nan')]])
def test_what_is_no_p_value_is_refused(values):
    with pytest.raises(ValueError, match='between 0 and 1'):
        holm(values)
