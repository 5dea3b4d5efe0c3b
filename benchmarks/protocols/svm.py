"""Linear SVM on frozen features.

Source: the linear evaluation of arXiv 2302.02318, whose code fits scikit-learn's LinearSVC with C = 0.075 on [max over
the queries, max + mean over patches]. Traps: Point-MAE's code uses C = 1 and I2P-MAE tunes C per dataset, so figures of
different papers are not one protocol; the clouds are cut to a fixed number of points by FPS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.protocols.base import Context, Data, Protocol
from benchmarks.protocols.measurement import Measurement, classified

C = 0.075
"""Inverse strength of the regularization in the released code."""


def linear_svm(features: np.ndarray, labels: np.ndarray, C: float = C, seed: int = 0) -> Any:
    """A linear SVM that was fitted to features (S, F) and labels (S,).

    Args:
        features: features to learn from.
        labels: their labels.
        C: inverse strength of the regularization.
        seed: random seed of the solver.
    """
    from sklearn.svm import LinearSVC  # a second of every start of the command, which seldom fits one

    # One optimum; the dual solver, the default, takes 6 to 13 times as long to it where channels outnumber clouds.
    return LinearSVC(C=C, dual=False, max_iter=10_000, random_state=seed).fit(features, labels)


@dataclass(frozen=True)
class SVM(Protocol):
    """Linear SVM on frozen features.

    Attributes:
        C: inverse strength of the regularization.
    """

    C: float = C

    name, suite, title, place = 'svm', 'svm', 'SVM', 0
    official = ('modelnet40', 'modelnet10')
    note = 'SVM: LinearSVC, C = 0.075, nothing tuned.'
    literature = {'linear SVM': 'svm'}

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Fit on the features of the labeled objects and predict the others."""
        features, labels, test_features, test_labels = context.features(encoder, data)
        predicted = linear_svm(features, labels, self.C, context.seed).predict(test_features)
        own = {'classifier': 'sklearn LinearSVC', 'subsample': 'fps', 'train_samples': len(data.train)}
        return classified(test_labels, predicted, data.test.classes, {**own, **self.settings})
