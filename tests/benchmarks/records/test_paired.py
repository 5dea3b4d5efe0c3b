from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from benchmarks.records import paired_t


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


@pytest.mark.parametrize(('a', 'b'), [([1.0], [1.0, 0.0]), ([], []), ([1.0, float('nan')], [1.0, 1.0])])
def test_what_is_no_pair_is_refused(a, b):
    with pytest.raises(ValueError):
        paired_t(a, b)
