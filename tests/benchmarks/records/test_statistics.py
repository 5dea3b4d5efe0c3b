from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from benchmarks.records.statistics import mean_interval


def test_against_scipy():
    values = [81.2, 79.9, 83.4, 80.0]
    ours = mean_interval(values)
    low, high = stats.t.interval(0.95, 3, loc=np.mean(values), scale=stats.sem(values))
    assert ours.mean == pytest.approx(np.mean(values))
    assert (ours.low, ours.high) == pytest.approx((low, high))
    assert ours.std == pytest.approx(np.std(values, ddof=1))
    assert ours.text() == f'{np.mean(values):.1f} ± {(high - low) / 2:.1f}'


@pytest.mark.parametrize('count', [2, 3, 10])
def test_coverage_on_simulated_seeds(count):
    """A 95 % interval holds the true mean in 93 to 97 % of 1,000 trials."""
    trials = np.random.default_rng(count).normal(70.0, 2.0, size=(1000, count))
    estimates = [mean_interval(row) for row in trials]
    assert 0.93 < np.mean([entry.low <= 70.0 <= entry.high for entry in estimates]) < 0.97


def test_folds_have_an_interval_that_is_narrower_than_their_spread():
    folds = [97.0, 95.5, 99.0, 96.0, 98.5, 97.5, 94.0, 99.0, 96.5, 97.0]
    ours = mean_interval(folds)
    assert round(ours.std, 1) == 1.6
    assert ours.text() == '97.0 ± 1.1'
    # As the docstring says.
    assert ours.half_width / ours.std == pytest.approx(0.7153569, abs=1e-6)


@pytest.mark.parametrize('values', [[], [[1.0, 2.0]], [1.0, float('nan')], [float('inf')]])
def test_bad_values(values):
    with pytest.raises(ValueError, match='an interval needs'):
        mean_interval(values)


@pytest.mark.parametrize(
    ('values', 'std', 'text'),
    [([63.7], math.nan, '63.7 (1 seed)'), ([63.7] * 3, 0.0, '63.7 (3 equal seeds)')],
)
def test_one_or_equal_repetitions_claim_no_certainty(values, std, text):
    found = mean_interval(values)
    assert (found.mean, found.count) == (pytest.approx(63.7), len(values))
    assert math.isnan(found.half_width)
    assert found.std == pytest.approx(std, nan_ok=True)
    assert found.text() == text
    assert mean_interval([63.7, 63.70001]).text(2) == '63.70 ± 0.00'


@pytest.mark.parametrize(
    ('values', 'text'),
    [
        ([60.0], '60.0 (1 of 5 seeds)'),
        ([60.0, 62.0, 61.0], '61.0 ± 2.5 (3 of 5 seeds)'),
        ([60.0, 60.0], '60.0 (2 of 5 equal seeds)'),
        ([60.0, 62.0, 61.0, 61.0, 61.0], '61.0 ± 0.9'),
    ],
)
def test_missing_repetitions_are_counted(values, text):
    assert replace(mean_interval(values), planned=5).text() == text
