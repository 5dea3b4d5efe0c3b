"""Linear SVM on frozen features.

Source: the linear evaluation of arXiv 2302.02318, whose code fits scikit-learn's LinearSVC with C = 0.075 on [max over
the queries, max + mean over patches]. Traps: Point-MAE's code uses C = 1 and I2P-MAE tunes C per dataset, so figures of
different papers are not one protocol; the clouds are cut to a fixed number of points by FPS.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.svm import LinearSVC

from benchmarks.protocols.base import Context, Data, Protocol
from benchmarks.protocols.measurement import Measurement, classified


def linear_svm(
    train_features: np.ndarray, train_labels: np.ndarray, test_features: np.ndarray, C: float = 0.075, seed: int = 0
) -> np.ndarray:
    """Fit a linear SVM and predict.

    Args:
        train_features: (S, F).
        train_labels: (S,).
        test_features: (T, F).
        C: inverse strength of the regularisation.
        seed: of the solver's coordinate order.

    Returns:
        Predicted labels (T,).
    """
    # The primal problem, where it is the smaller one, converges where the default dual solver stops with a warning.
    classifier = LinearSVC(C=C, dual='auto', max_iter=10_000, random_state=seed)
    return classifier.fit(train_features, train_labels).predict(test_features)


@dataclass(frozen=True)
class SVM(Protocol):
    """Linear SVM on frozen features.

    Attributes:
        C: inverse strength of the regularisation.
    """

    C: float = 0.075

    name, suite, title, place = 'svm', 'svm', 'SVM', 0
    official = ('modelnet40', 'modelnet10')
    note = 'SVM: LinearSVC, C = 0.075, nothing tuned.'
    literature = {'linear SVM': 'svm'}

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Fit on the features of the labelled objects and predict the others."""
        begin = time.perf_counter()
        train_features, train_labels, test_features, test_labels = context.features(encoder, data)
        predicted = linear_svm(train_features, train_labels, test_features, self.C, context.seed)
        protocol = {
            'name': self.name,
            'version': self.version,
            'classifier': 'sklearn LinearSVC',
            'pooling': getattr(encoder, 'pool', self.pool),
            'C': self.C,
            'points': context.num_points,
            'subsample': 'fps',
            'train_samples': len(data.train),
        }
        return classified(test_labels, predicted, data.test.classes, protocol, time.perf_counter() - begin)
