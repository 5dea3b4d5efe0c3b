"""Tests of two methods on what they share: the same objects, or the same seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from benchmarks.records.bootstrap import mean, resample
from benchmarks.records.statistics import mean_interval, tails


@dataclass(frozen=True)
class Comparison:
    """Outcome of a test of a against b.

    Attributes:
        difference: of the means, a minus b, in the unit of what was given.
        low: lower end of the interval of the difference; NaN where the test gives none.
        high: its upper end.
        p_value: two-sided; 1 where nothing can be said.
        method: name of the test, or why there was none.
        count: pairs it rests on.
    """

    difference: float
    low: float
    high: float
    p_value: float
    method: str
    count: int

    def significant(self, alpha: float = 0.05) -> bool:
        """Whether a differs from b at a level."""
        return self.p_value <= alpha

    def better(self, alpha: float = 0.05) -> bool:
        """Whether a is better than b at a level, where more is better."""
        return self.difference > 0 and self.significant(alpha)


def undecided(difference: float, reason: str, count: int = 0) -> Comparison:
    """A comparison that could not be made."""
    return Comparison(difference, float('nan'), float('nan'), 1.0, reason, count)


def mcnemar(a: ArrayLike, b: ArrayLike, *, exact: bool = True) -> Comparison:
    """McNemar's test on right and wrong of two evaluations of the same objects.

    Source: McNemar, Psychometrika 12, 1947; continuity correction by Edwards, 1948. It speaks of two sets of weights,
    not of two methods: see ``better``.

    Args:
        a: (S,) whether the first was right.
        b: (S,) whether the second was right.
        exact: the binomial test; else chi-squared with continuity correction.

    Raises:
        ValueError: shapes that differ, no objects, or values that are not right or wrong.
    """
    right_a, right_b = pairs(a, b)
    if not all(np.isin(values, (0.0, 1.0)).all() for values in (right_a, right_b)):
        raise ValueError('McNemar needs right and wrong, 1 and 0')
    only_a, only_b = int((right_a > right_b).sum()), int((right_a < right_b).sum())
    total = only_a + only_b
    if total == 0:
        p_value = 1.0
    elif exact:
        # Both tails of a fair coin.
        p_value = min(1.0, 2.0 * float(special.bdtr(min(only_a, only_b), total, 0.5)))
    else:
        p_value = float(special.chdtrc(1, max(abs(only_a - only_b) - 1, 0) ** 2 / total))
    difference = float((right_a - right_b).mean())
    name = 'McNemar, exact' if exact else 'McNemar, chi-squared with continuity'
    return Comparison(difference, float('nan'), float('nan'), p_value, name, right_a.size)


def paired_bootstrap(
    a: ArrayLike, b: ArrayLike, *, confidence: float = 0.95, resamples: int = 5000, seed: int = 0
) -> Comparison:
    """Bootstrap of the mean difference over objects, for figures that are not only right or wrong.

    Args:
        a: (S,) figure of every object by the first.
        b: (S,) by the second.
        confidence: coverage of the interval.
        resamples: number of resamples; the smallest p is 2 / (resamples + 1).
        seed: of the draws.

    Raises:
        ValueError: shapes that differ, no objects, or figures that are no finite numbers.
    """
    first, second = pairs(a, b)
    differences = first - second
    draws = resample(differences, mean, resamples, np.random.default_rng(seed))
    low, high = (float(end) for end in np.quantile(draws, tails(confidence)))
    p_value = p_from_draws(draws)
    return Comparison(float(differences.mean()), low, high, p_value, 'paired bootstrap', first.size)


def paired_t(a: Sequence[float], b: Sequence[float], confidence: float = 0.95) -> Comparison:
    """Paired t-test of figures by seed.

    Args:
        a: one figure per seed.
        b: of the same seeds, in the same order.
        confidence: coverage of the interval.

    Raises:
        ValueError: lengths that differ, none, or figures that are no finite numbers.
    """
    first, second = pairs(a, b)
    estimate = mean_interval(list(first - second), confidence)
    if first.size < 2:
        return undecided(estimate.mean, 'one seed', first.size)
    # Equal differences leave no variance: certain unless they are zero.
    error = estimate.std / np.sqrt(first.size)
    if error > 1e-12 * max(1.0, abs(estimate.mean)):
        p_value = float(2.0 * special.stdtr(first.size - 1, -abs(estimate.mean) / error))
    else:
        p_value = float(abs(estimate.mean) < 1e-12)
    return Comparison(estimate.mean, estimate.low, estimate.high, p_value, 'paired t', first.size)


def wilcoxon(a: Sequence[float], b: Sequence[float]) -> Comparison:
    """Wilcoxon's signed-rank test of figures by seed; below 6 seeds it cannot reach 0.05.

    Args:
        a: one figure per seed.
        b: of the same seeds, in the same order.

    Raises:
        ValueError: lengths that differ, none, or figures that are no finite numbers.
    """
    # A second to import, and nothing else here needs it.
    from scipy import stats

    first, second = pairs(a, b)
    differences = first - second
    if not differences.any():
        return undecided(0.0, 'Wilcoxon, no difference', first.size)
    p_value = float(stats.wilcoxon(differences).pvalue)
    return Comparison(float(differences.mean()), float('nan'), float('nan'), p_value, 'Wilcoxon', first.size)


def p_from_draws(draws: NDArray[np.float64]) -> float:
    """Two-sided p of a zero difference by resampled differences; never zero, whatever the number of draws."""
    tail = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    return min(1.0, 2.0 * (tail + 1) / (draws.size + 1))


def pairs(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two rows of figures of the same things.

    Raises:
        ValueError: shapes that differ, nothing, or figures that are no finite numbers.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 1 or not first.size:
        raise ValueError(f'a paired test needs two rows of one length, got shapes {first.shape} and {second.shape}')
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError('a paired test needs finite numbers')
    return first, second
