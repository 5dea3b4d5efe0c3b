from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from benchmarks.records import mcnemar, paired_bootstrap, paired_t, wilcoxon


def table(both, only_a, only_b, neither):
    a = [1] * both + [1] * only_a + [0] * only_b + [0] * neither
    b = [1] * both + [0] * only_a + [1] * only_b + [0] * neither
    return np.array(a), np.array(b)


@pytest.mark.parametrize(('only_a', 'only_b'), [(10, 3), (0, 6), (25, 25), (1, 0), (40, 71), (7, 8)])
def test_mcnemar_against_scipy(only_a, only_b):
    a, b = table(100, only_a, only_b, 20)
    exact = mcnemar(a, b)
    assert exact.p_value == pytest.approx(stats.binomtest(only_a, only_a + only_b, 0.5).pvalue, rel=1e-9)
    assert exact.difference == pytest.approx(a.mean() - b.mean())
    statistic = max(abs(only_a - only_b) - 1, 0) ** 2 / (only_a + only_b)
    assert mcnemar(a, b, exact=False).p_value == pytest.approx(stats.chi2.sf(statistic, 1), rel=1e-9)


def test_mcnemar_against_a_sum_of_coins():
    """The exact p is the share of coin series at least as uneven as the one seen."""
    a, b = table(5, 9, 2, 5)
    uneven = sum(math.comb(11, k) for k in range(12) if abs(k - 5.5) >= abs(9 - 5.5))
    assert mcnemar(a, b).p_value == pytest.approx(uneven / 2**11)


def test_mcnemar_does_not_care_for_agreement_or_order():
    a, b = table(10, 9, 3, 10)
    assert mcnemar(a, b).p_value == mcnemar(*table(900, 9, 3, 0)).p_value == mcnemar(b, a).p_value
    assert mcnemar(a, b).difference == -mcnemar(b, a).difference
    assert mcnemar(a, a).p_value == 1.0


def test_mcnemar_needs_right_and_wrong():
    with pytest.raises(ValueError, match='right and wrong'):
        mcnemar([0.5, 1.0], [1.0, 0.0])


def test_coverage_of_the_paired_bootstrap():
    """The 95 % interval of a difference holds the true one in 93 to 97 % of 1,000 pairs."""
    generator = np.random.default_rng(5)
    hits = rejected = 0
    for trial in range(1000):
        easy = generator.random(250) < 0.6
        a = easy | (generator.random(250) < 0.4)
        b = easy | (generator.random(250) < 0.4)
        found = paired_bootstrap(a, b, resamples=400, seed=trial)
        hits += found.low <= 0 <= found.high
        rejected += found.significant()
    assert 0.93 <= hits / 1000 <= 0.97
    assert 0.03 <= rejected / 1000 <= 0.07


def test_the_paired_bootstrap_sees_what_the_pairing_shows():
    generator = np.random.default_rng(0)
    hard = generator.random(400)
    a, b = hard + 0.02 + 0.01 * generator.random(400), hard
    found = paired_bootstrap(a, b)
    assert found.better()
    assert not paired_bootstrap(b, a).better()
    assert found.low <= found.difference <= found.high
    assert found.p_value >= 2 / 5001


def test_paired_t_against_scipy():
    a, b = [81.0, 83.5, 80.2, 84.1], [80.1, 82.9, 80.6, 81.9]
    found, theirs = paired_t(a, b), stats.ttest_rel(a, b)
    interval = theirs.confidence_interval()
    assert found.p_value == pytest.approx(theirs.pvalue)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_coverage_of_the_paired_t():
    generator = np.random.default_rng(7)
    draws = [paired_t(generator.normal(3.0, 1, 5), generator.normal(2.0, 1, 5)) for _ in range(1000)]
    assert 0.93 <= np.mean([entry.low <= 1.0 <= entry.high for entry in draws]) <= 0.97


def test_seeds_without_spread():
    assert paired_t([2.0, 3.0], [1.0, 2.0]).p_value == 0.0
    assert paired_t([2.0, 3.0], [2.0, 3.0]).p_value == 1.0
    single = paired_t([2.0], [1.0])
    assert (single.p_value, single.method) == (1.0, 'one seed')


def test_wilcoxon_against_scipy():
    generator = np.random.default_rng(1)
    a, b = generator.normal(81, 1, 9), generator.normal(80, 1, 9)
    assert wilcoxon(a, b).p_value == pytest.approx(stats.wilcoxon(a, b).pvalue)
    assert wilcoxon(a, a).p_value == 1.0
    # As the docstring says: five seeds are not enough, six are.
    assert wilcoxon(np.arange(1, 6), np.zeros(5)).p_value > 0.05 > wilcoxon(np.arange(1, 7), np.zeros(6)).p_value


@pytest.mark.parametrize('test', [mcnemar, paired_bootstrap, paired_t, wilcoxon])
@pytest.mark.parametrize(('a', 'b'), [([1.0], [1.0, 0.0]), ([], []), ([1.0, float('nan')], [1.0, 1.0])])
def test_what_is_no_pair_is_refused(test, a, b):
    with pytest.raises(ValueError):
        test(a, b)
