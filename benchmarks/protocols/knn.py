"""Nearest neighbours of frozen features.

Source: the weighted vote of arXiv 1805.01978, as it is used to judge representations without training anything: the k
nearest training features by cosine vote for their class with weight exp(cosine / temperature). Trap: k and temperature
are settings, not constants of nature; 20 and 0.07 are the common ones.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.protocols.base import Context, Data, Protocol
from benchmarks.protocols.measurement import Measurement, classified


def knn_classify(
    train_features: np.ndarray,
    train_labels: np.ndarray,
    test_features: np.ndarray,
    k: int = 20,
    temperature: float = 0.07,
) -> np.ndarray:
    """Predict by the weighted vote of the nearest training features.

    Args:
        train_features: (S, F).
        train_labels: (S,).
        test_features: (T, F).
        k: neighbours; all of them where there are fewer.
        temperature: of the weights.

    Returns:
        Predicted labels (T,); a tie goes to the smaller label.

    Raises:
        ValueError: a feature is no finite number.
    """
    similarity = _unit(test_features) @ _unit(train_features).T
    k = min(k, similarity.shape[1])
    nearest = np.argpartition(-similarity, k - 1, axis=1)[:, :k]
    # Subtracting the largest cosine leaves the vote as it is and keeps the exponential in range.
    weights = np.exp((np.take_along_axis(similarity, nearest, 1) - similarity.max(axis=1, keepdims=True)) / temperature)
    votes = np.zeros((len(similarity), int(train_labels.max()) + 1))
    np.add.at(votes, (np.arange(len(votes))[:, None], train_labels[nearest]), weights)
    return votes.argmax(axis=1)


@dataclass(frozen=True)
class KNN(Protocol):
    """Nearest neighbours of frozen features.

    Attributes:
        k: number of neighbours.
        temperature: temperature of the vote.
    """

    k: int = 20
    temperature: float = 0.07

    name, suite, title = 'knn', 'svm', 'kNN'
    official = ('modelnet40', 'modelnet10')
    note = 'kNN: 20 neighbours by cosine.'

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Let the nearest labelled objects vote."""
        begin = time.perf_counter()
        train_features, train_labels, test_features, test_labels = context.features(encoder, data)
        predicted = knn_classify(train_features, train_labels, test_features, self.k, self.temperature)
        protocol = {
            'name': self.name,
            'version': self.version,
            'distance': 'cosine',
            'pooling': getattr(encoder, 'pool', self.pool),
            **self.settings,
            'points': context.num_points,
            'train_samples': len(data.train),
        }
        return classified(test_labels, predicted, data.test.classes, protocol, time.perf_counter() - begin)


def _unit(features: np.ndarray) -> np.ndarray:
    """Rows of length one, in double precision; a row of zeros stays."""
    wide = features.astype(np.float64)
    if not np.isfinite(wide).all():
        raise ValueError('nearest neighbours need features that are finite numbers')
    return wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12)
