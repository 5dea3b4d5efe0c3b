"""What a protocol returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zoo.engine.metrics import class_accuracy, mean_class_accuracy, overall_accuracy


@dataclass(frozen=True)
class Measurement:
    """Figures and how they came about.

    Attributes:
        metrics: figures by name, in percent where they are accuracies.
        protocol: settings that move the figures; what every record says is added by :meth:`Protocol.measure`.
        seconds: wall time.
        per_class: accuracy of every class in percent.
        labels: true classes (T,) of the test objects, in dataset order; empty where there is no single test set.
        predictions: predicted classes (T,), for paired tests.
        scores: score (T,) of every object in [0, 1], where classes are given and something else is judged.
        config: config of a training that the protocol did.
        seed: random seed of the chosen run, where a protocol chooses among several.
        value: entries that other jobs may read, in JSON.
        files: paths of files that other jobs may read, relative to the folder of results.
    """

    metrics: dict[str, float]
    protocol: dict[str, Any]
    seconds: float = 0.0
    per_class: dict[str, float] = field(default_factory=dict)
    labels: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    predictions: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    scores: np.ndarray | None = None
    config: str = ''
    seed: int | None = None
    value: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[str] = ()


def classified(
    labels: np.ndarray,
    predictions: np.ndarray,
    classes: Sequence[str],
    protocol: Mapping[str, Any],
) -> Measurement:
    """Make a measurement of predicted classes.

    Args:
        labels: true classes (T,).
        predictions: predicted classes (T,).
        classes: names of classes by label.
        protocol: settings of the protocol.
    """
    shares = class_accuracy(labels, predictions, len(classes))
    return Measurement(
        {'oa': overall_accuracy(labels, predictions), 'macc': mean_class_accuracy(labels, predictions)},
        dict(protocol),
        per_class={name: float(share) for name, share in zip(classes, shares, strict=False) if not np.isnan(share)},
        labels=labels,
        predictions=predictions,
    )
