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
        unit: what was repeated: ``seed`` or ``fold``.
        planned: number of repetitions that there are to be, where that is more.
    """

    mean: float
    half_width: float
    count: int
    std: float = NAN
    unit: str = 'seed'
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
        said = f'{self.count}{of}{" equal" if equal and self.count > 1 else ""} {self.unit}{"s" * many}'
        return f'{self.mean:.{digits}f}{interval}{f" ({said})" if equal or of else ""}'

    def __str__(self) -> str:
        """With one decimal."""
        return self.text()


def mean_interval(values: Sequence[float], confidence: float = 0.95, unit: str = 'seed') -> Estimate:
    """Mean and Student-t confidence interval of independent repetitions.

    Few-shot: the values are the accuracies of the folds, ``unit='fold'``. The literature prints mean and standard
    deviation; with 10 folds the interval of the mean is 0.72 of that deviation to either side. Folds draw from one
    training set, so the interval speaks of other folds of the same data, not of other data.

    Args:
        values: one number per seed or fold.
        confidence: coverage of the interval.
        unit: what was repeated.

    Raises:
        ValueError: no values, a value that is no finite number, or a coverage outside (0, 1).
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or not numbers.size or not np.isfinite(numbers).all():
        raise ValueError(f'an interval needs one or more finite numbers in a row, got shape {numbers.shape}')
    if not 0.0 < confidence < 1.0:
        raise ValueError(f'confidence must be between 0 and 1, got {confidence}')
    mean = float(numbers.mean())
    if numbers.size == 1:
        return Estimate(mean, NAN, 1, unit=unit)
    deviation = float(numbers.std(ddof=1))
    if numbers.min() == numbers.max():
        # Nothing was drawn, as by an SVM on all labels of one pretraining: no width would claim certainty.
        return Estimate(mean, NAN, int(numbers.size), 0.0, unit)
    quantile = special.stdtrit(numbers.size - 1, (1.0 + confidence) / 2.0)
    return Estimate(mean, float(quantile * deviation / np.sqrt(numbers.size)), int(numbers.size), deviation, unit)
