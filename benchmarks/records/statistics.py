"""Estimates of repeated measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

NAN = float('nan')


@dataclass(frozen=True)
class Estimate:
    """A mean with its confidence interval.

    Attributes:
        mean: mean of the repetitions.
        half_width: half the length of the interval; NaN from a single repetition, or from equal ones.
        count: number of repetitions.
        std: standard deviation of the repetitions (n - 1); NaN from a single one.
        planned: number of repetitions that there are to be, where that is more.
    """

    mean: float
    half_width: float
    count: int
    std: float = NAN
    planned: int = 0

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.mean - self.half_width

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.mean + self.half_width

    def text(self, digits: int = 1) -> str:
        """``mean ± half width``; repetitions in which nothing differed show no interval, missing ones are counted.

        Args:
            digits: decimals.
        """
        equal = bool(np.isnan(self.half_width))
        interval = '' if equal else f' ± {self.half_width:.{digits}f}'
        of = f' of {self.planned}' if self.planned > self.count else ''
        many = self.count > 1 or bool(of)
        said = f'{self.count}{of}{" equal" if equal and self.count > 1 else ""} seed{"s" * many}'
        return f'{self.mean:.{digits}f}{interval}{f" ({said})" if equal or of else ""}'


def mean_interval(values: Sequence[float]) -> Estimate:
    """Mean and 95 % Student-t confidence interval of independent repetitions.

    The literature prints mean and standard deviation of the folds of few-shot; with 10 of them the interval of the mean
    is 0.72 of that deviation to either side. Folds draw from one training set, so their interval speaks of other folds
    of the same data, not of other data.

    Args:
        values: one number per repetition.

    Raises:
        ValueError: no values, or a value that is no finite number.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or not numbers.size or not np.isfinite(numbers).all():
        raise ValueError(f'an interval needs one or more finite numbers in a row, got shape {numbers.shape}')
    mean = float(numbers.mean())
    if numbers.size == 1:
        return Estimate(mean, NAN, 1)
    deviation = float(numbers.std(ddof=1))
    if numbers.min() == numbers.max():
        # Nothing was drawn, as by an SVM on all labels of one pretraining: no width would claim certainty.
        return Estimate(mean, NAN, int(numbers.size), 0.0)
    quantile = special.stdtrit(numbers.size - 1, 0.975)
    return Estimate(mean, float(quantile * deviation / np.sqrt(numbers.size)), int(numbers.size), deviation)
