"""Tests of two methods on the seeds that they share, and of many pairs in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from benchmarks.records.statistics import mean_interval


@dataclass(frozen=True)
class Comparison:
    """Outcome of a test of a against b.

    Attributes:
        difference: difference of the means, a minus b, in the unit of what was given.
        p_value: two-sided p; 1 where nothing can be said.
        method: name of the test, or why there was none.
    """

    difference: float
    p_value: float
    method: str

    def better(self, alpha: float = 0.05) -> bool:
        """Whether a is better than b at a level, where more is better."""
        return self.difference > 0 and self.p_value <= alpha


def paired_t(a: Sequence[float], b: Sequence[float]) -> Comparison:
    """Paired t-test of figures by seed.

    Args:
        a: one figure per seed.
        b: those of the same seeds, in the same order.

    Raises:
        ValueError: lengths that differ, none, or figures that are no finite numbers.
    """
    if len(a) != len(b):
        raise ValueError(f'a paired test needs two rows of one length, got {len(a)} and {len(b)} figures')
    estimate = mean_interval(list(np.subtract(a, b)))
    if estimate.count < 2:
        return Comparison(estimate.mean, 1.0, 'one seed')
    # Equal differences leave no variance: certain unless they are zero.
    error = estimate.std / np.sqrt(estimate.count)
    if error > 1e-12 * max(1.0, abs(estimate.mean)):
        p_value = float(2.0 * special.stdtr(estimate.count - 1, -abs(estimate.mean) / error))
    else:
        p_value = float(abs(estimate.mean) < 1e-12)
    return Comparison(estimate.mean, p_value, 'paired t')


def p_from_draws(draws: NDArray[np.float64]) -> float:
    """Two-sided p of a zero difference by resampled differences; never zero, whatever the number of draws."""
    tail = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    return min(1.0, 2.0 * (tail + 1) / (draws.size + 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: adjusted p values, in the order given.

    Comparing them with a level keeps the probability of even one false finding below that level, however the tests
    depend on each other. Source: Holm, Scandinavian Journal of Statistics 6, 1979.

    Args:
        p_values: p values of the tests of one family.

    Raises:
        ValueError: a value outside [0, 1].
    """
    values = np.asarray(p_values, dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f'p values must be between 0 and 1, got {list(p_values)}')
    order = np.argsort(values, kind='stable')
    steps = np.minimum(1.0, values[order] * np.arange(values.size, 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.maximum.accumulate(steps)
    return [float(value) for value in adjusted]
