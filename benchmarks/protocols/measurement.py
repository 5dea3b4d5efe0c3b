"""What a protocol returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo.engine.metrics import class_accuracy, mean_class_accuracy, overall_accuracy

CLEAN = {'voting': 'none', 'epoch_selection': 'last'}
"""What a protocol does unless it says otherwise; every record states both."""


@dataclass(frozen=True)
class Measurement:
    """Figures and how they came about.

    Attributes:
        metrics: in percent where they are accuracies.
        protocol: name, version and every setting; ``voting`` and ``epoch_selection`` are always there.
        seconds: wall time.
        per_class: accuracy of every class in percent.
        labels: (T,) true classes of the test objects, in dataset order; empty where there is no single test set.
        predictions: (T,) predicted classes, for paired tests.
    """

    metrics: dict[str, float]
    protocol: dict[str, Any]
    seconds: float
    per_class: dict[str, float]
    labels: np.ndarray
    predictions: np.ndarray

    def __post_init__(self) -> None:
        """State what goes without saying."""
        object.__setattr__(self, 'protocol', {**CLEAN, **self.protocol})


def classified(
    labels: np.ndarray,
    predictions: np.ndarray,
    classes: Sequence[str],
    protocol: Mapping[str, Any],
    seconds: float,
) -> Measurement:
    """Make a measurement of predicted classes.

    Args:
        labels: (T,) true classes.
        predictions: (T,) predicted classes.
        classes: names by label.
        protocol: settings of the protocol.
        seconds: wall time.
    """
    shares = class_accuracy(labels, predictions, len(classes))
    return Measurement(
        {'oa': overall_accuracy(labels, predictions), 'macc': mean_class_accuracy(labels, predictions)},
        dict(protocol),
        seconds,
        {name: float(share) for name, share in zip(classes, shares, strict=False) if not np.isnan(share)},
        labels,
        predictions,
    )
