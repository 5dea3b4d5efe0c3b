"""Nearest neighbors of frozen features.

Source: the weighted vote of arXiv 1805.01978, as it is used to judge representations without training anything: the k
nearest training features by cosine vote for their class with weight exp(cosine / temperature). Trap: k and temperature
are settings, not constants of nature; 20 and 0.07 are the common ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.protocols.base import Context, Data, Protocol
from benchmarks.protocols.measurement import Measurement, classified


@dataclass(frozen=True)
class KNN(Protocol):
    """Nearest neighbors of frozen features.

    Attributes:
        k: number of neighbors.
        temperature: temperature of the vote.
    """

    k: int = 20
    temperature: float = 0.07

    name, suite, title = 'knn', 'svm', 'kNN'
    official = ('modelnet40', 'modelnet10')
    note = 'kNN: 20 neighbors by cosine.'

    def classify(self, features: np.ndarray, labels: np.ndarray, test_features: np.ndarray) -> np.ndarray:
        """Predict by the weighted vote of the nearest training features, of all where there are fewer than k.

        Args:
            features: features (S, F) to learn from.
            labels: their labels (S,).
            test_features: features (T, F) whose labels are predicted.

        Returns:
            Predicted labels (T,); a tie goes to the smaller label.
        """
        from sklearn.neighbors import KNeighborsClassifier  # as in svm.py

        def weights(distance: np.ndarray) -> np.ndarray:
            # From the nearest one on, which leaves the vote as it is and keeps the exponential in range.
            return np.exp((distance.min(axis=1, keepdims=True) - distance) / self.temperature)

        voting = KNeighborsClassifier(min(self.k, len(features)), metric='cosine', weights=weights)
        voting.fit(features.astype(np.float64), labels)
        predicted: np.ndarray = voting.predict(test_features.astype(np.float64))
        return predicted

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Let the nearest labeled objects vote."""
        features, labels, test_features, test_labels = context.features(encoder, data)
        predicted = self.classify(features, labels, test_features)
        own = {'distance': 'cosine', 'train_samples': len(data.train)}
        return classified(test_labels, predicted, data.test.classes, {**own, **self.settings})
