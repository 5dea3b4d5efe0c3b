from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from benchmarks.records import bootstrap_interval


@pytest.mark.parametrize('method', ['percentile', 'bca'])
def test_coverage_on_simulated_test_sets(method):
    """A 95 % interval of an accuracy holds the true one in 93 to 97 % of 1,000 test sets."""
    generator = np.random.default_rng(1)
    hits = 0
    for trial in range(1000):
        right = (generator.random(250) < 0.8).astype(float)
        found = bootstrap_interval(right, method=method, resamples=400, seed=trial)
        hits += found.low <= 0.8 <= found.high
    assert 0.93 <= hits / 1000 <= 0.97


@pytest.mark.parametrize('method', ['percentile', 'bca'])
@pytest.mark.parametrize('kind', ['right', 'skewed'])
def test_against_scipy(method, kind):
    generator = np.random.default_rng(3)
    values = (generator.random(300) < 0.9).astype(float) if kind == 'right' else generator.exponential(size=60)
    ours = bootstrap_interval(values, method=method, resamples=20_000)
    theirs = stats.bootstrap(
        (values,), np.mean, method={'bca': 'BCa'}.get(method, method), n_resamples=20_000, rng=0
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours.low == pytest.approx(theirs.low, abs=0.03 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.03 * width)


def test_any_statistic_that_reduces_the_last_axis():
    values = np.random.default_rng(0).lognormal(size=80)
    ours = bootstrap_interval(values, statistic=lambda v: np.quantile(v, 0.75, axis=-1), resamples=3000)
    theirs = stats.bootstrap(
        (values,), lambda v, axis: np.quantile(v, 0.75, axis=axis), n_resamples=3000, rng=0
    ).confidence_interval
    assert ours.mean == pytest.approx(np.quantile(values, 0.75))
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=0.1)


def test_skew_moves_the_corrected_interval():
    values = np.random.default_rng(0).exponential(size=40)
    plain, corrected = (bootstrap_interval(values, method=method) for method in ('percentile', 'bca'))
    assert corrected.low > plain.low
    assert corrected.high > plain.high


def test_the_same_seed_draws_the_same():
    values = np.random.default_rng(0).random(50)
    assert bootstrap_interval(values, seed=4) == bootstrap_interval(values, seed=4)
    assert bootstrap_interval(values, seed=4) != bootstrap_interval(values, seed=5)


def test_no_spread_gives_a_point():
    found = bootstrap_interval([1.0] * 20)
    assert found.low == found.mean == found.high == 1.0
    assert np.isnan(bootstrap_interval([1.0]).half_width)


@pytest.mark.parametrize('options', [{'method': 'magic'}, {'resamples': 0}, {'confidence': 1.0}])
def test_bad_settings(options):
    with pytest.raises(ValueError):
        bootstrap_interval([0.0, 1.0], **options)
