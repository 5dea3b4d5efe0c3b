"""Statistics of repeated measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Estimate:
    """A mean with the half width of its confidence interval.

    Attributes:
        mean: of the repetitions.
        half_width: of the interval around it; NaN from a single repetition.
        count: number of repetitions.
    """

    mean: float
    half_width: float
    count: int

    def __str__(self) -> str:
        """``mean ± half width`` with one decimal; a single repetition shows no interval."""
        if np.isnan(self.half_width):
            return f'{self.mean:.1f} (1 seed)'
        return f'{self.mean:.1f} ± {self.half_width:.1f}'


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Mean and Student-t confidence interval of independent repetitions.

    Args:
        values: one number per seed.
        confidence: coverage of the interval.

    Raises:
        ValueError: no values, or a coverage outside (0, 1).
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.size == 0:
        raise ValueError('an interval needs at least one value')
    if not 0.0 < confidence < 1.0:
        raise ValueError(f'confidence must be between 0 and 1, got {confidence}')
    mean = float(numbers.mean())
    if numbers.size == 1:
        return Estimate(mean, float('nan'), 1)
    error = numbers.std(ddof=1) / np.sqrt(numbers.size)
    quantile = stats.t.ppf((1.0 + confidence) / 2.0, df=numbers.size - 1)
    return Estimate(mean, float(quantile * error), int(numbers.size))
