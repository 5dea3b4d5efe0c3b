from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from benchmarks.records.statistics import mean_interval


def test_against_scipy():
    values = [81.2, 79.9, 83.4, 80.0]
    ours = mean_interval(values)
    low, high = stats.t.interval(0.95, 3, loc=np.mean(values), scale=stats.sem(values))
    assert ours.mean == pytest.approx(np.mean(values))
    assert (ours.mean - ours.half_width, ours.mean + ours.half_width) == pytest.approx((low, high))
    assert str(ours) == f'{np.mean(values):.1f} ± {(high - low) / 2:.1f}'


def test_coverage_on_simulated_seeds():
    """A 95 % interval of three seeds holds the true mean in 93 to 97 % of trials."""
    generator = np.random.default_rng(0)
    hits = 0
    for row in generator.normal(70.0, 2.0, size=(4000, 3)):
        estimate = mean_interval(row)
        hits += abs(estimate.mean - 70.0) <= estimate.half_width
    assert 0.93 < hits / 4000 < 0.97


def test_one_seed_has_no_interval():
    estimate = mean_interval([50.0])
    assert math.isnan(estimate.half_width)
    assert str(estimate) == '50.0 (1 seed)'


def test_bad_input():
    with pytest.raises(ValueError, match='at least one value'):
        mean_interval([])
    with pytest.raises(ValueError, match='confidence'):
        mean_interval([1.0, 2.0], 95)
