"""Tests of two methods on what they share: the same objects, or the same seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from benchmarks.records.statistics import mean_interval


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
