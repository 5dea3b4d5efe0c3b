"""Many tests in one table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: adjusted p values, in the order given.

    Comparing them with a level keeps the probability of even one false finding below that level, however the tests
    depend on each other. Source: Holm, Scandinavian Journal of Statistics 6, 1979.

    Args:
        p_values: of the tests of one family.

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
