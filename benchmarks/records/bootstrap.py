"""Bootstrap intervals over the objects of one evaluation.

Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 13 and 14.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from benchmarks.records.statistics import Estimate, checked, tails

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Reduces the last axis: (R, S) to (R,)."""

CHUNK = 1 << 17
"""Numbers resampled at a time, so that they stay in the processor's cache: several times faster than all at once."""


def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the last axis."""
    return values.mean(axis=-1)


def bootstrap_interval(
    values: Sequence[float] | NDArray[np.float64],
    *,
    statistic: Statistic = mean,
    method: Literal['bca', 'percentile'] = 'bca',
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Estimate:
    """Interval of a statistic of one evaluation over objects drawn anew.

    It speaks of other objects of the same kind measured with the same weights, not of another training run.

    Args:
        values: (S,) figure of every object, such as 1 where the class is right.
        statistic: reduces the last axis.
        method: ``percentile``, or ``bca``, which corrects bias and skew.
        confidence: coverage of the interval.
        resamples: number of resamples.
        seed: of the draws.

    Raises:
        ValueError: no values, values that are no finite numbers, or a setting out of range.
    """
    numbers = checked(values)
    low, high = tails(confidence)
    if method not in ('bca', 'percentile') or resamples < 1:
        raise ValueError(f'method must be bca or percentile and resamples positive, got {method!r} and {resamples}')
    point = float(statistic(numbers[None])[0])
    if numbers.size == 1:
        return Estimate(point, float('nan'), 1, unit='object')
    draws = resample(numbers, statistic, resamples, np.random.default_rng(seed))
    if method == 'bca':
        low, high = _bca_levels(numbers, statistic, point, draws, (low, high))
    lower, upper = (float(end) for end in np.quantile(draws, [low, high]))
    deviation = float(numbers.std(ddof=1))
    return Estimate(point, (upper - lower) / 2, numbers.size, deviation, 'object', lower, upper)


def resample(
    numbers: NDArray[np.float64], statistic: Statistic, resamples: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """The statistic of ``resamples`` draws with replacement, (R,).

    Args:
        numbers: (S,).
        statistic: reduces the last axis.
        resamples: R.
        generator: of the draws.
    """
    parts = []
    step = max(1, CHUNK // numbers.size)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        parts.append(statistic(numbers.take(generator.integers(0, numbers.size, (rows, numbers.size), np.int32))))
    return np.concatenate(parts)


def _bca_levels(
    numbers: NDArray[np.float64],
    statistic: Statistic,
    point: float,
    draws: NDArray[np.float64],
    levels: tuple[float, float],
) -> tuple[float, float]:
    """Levels at which the draws are read, corrected for bias and acceleration."""
    # Ties count half, as accuracies of few objects have many.
    below = float((draws < point).mean() + 0.5 * (draws == point).mean())
    if below in (0.0, 1.0) or draws.min() == draws.max():
        return levels
    bias = special.ndtri(below)
    left_out = _jackknife(numbers, statistic)
    deviations = left_out.mean() - left_out
    spread = (deviations**2).sum()
    acceleration = (deviations**3).sum() / (6.0 * spread**1.5) if spread > 0 else 0.0
    shifted = bias + special.ndtri(levels)
    corrected = special.ndtr(bias + shifted / (1.0 - acceleration * shifted))
    return float(corrected[0]), float(corrected[1])


def _jackknife(numbers: NDArray[np.float64], statistic: Statistic) -> NDArray[np.float64]:
    """The statistic with every object left out in turn, (S,)."""
    if statistic is mean:
        return (numbers.sum() - numbers) / (numbers.size - 1)
    return np.concatenate([statistic(np.delete(numbers, place)[None]) for place in range(numbers.size)])
