"""Linear SVM on frozen features.

Source: the linear evaluation of arXiv 2302.02318, whose code fits scikit-learn's LinearSVC with C = 0.075 on [max over
the queries, max + mean over patches]. Traps: Point-MAE's code uses C = 1 and I2P-MAE tunes C per dataset, so figures of
different papers are not one protocol; the clouds are cut to a fixed number of points by FPS.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from sklearn.svm import LinearSVC

from benchmarks.protocols.features import FeatureCache, evaluation_transforms
from benchmarks.protocols.measurement import Measurement, classified

PROTOCOL = {'name': 'svm', 'version': 1, 'classifier': 'sklearn LinearSVC', 'pooling': 'svm', 'voting': 'none'}


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


def measure_svm(
    model: Any,
    train: Any,
    test: Any,
    num_points: int,
    C: float = 0.075,
    seed: int = 0,
    device: str = 'cpu',
    cache: FeatureCache | None = None,
) -> Measurement:
    """Measure a feature extractor by a linear SVM.

    Args:
        model: maps points (B, N, 3) to features (B, F).
        train: labelled dataset the SVM is fitted on.
        test: dataset it is measured on.
        num_points: points per cloud, chosen by FPS.
        C: of the SVM.
        seed: of the SVM's solver.
        device: where the model runs.
        cache: of features.
    """
    begin = time.perf_counter()
    cache, transforms = cache or FeatureCache(), evaluation_transforms(num_points)
    train_features, train_labels = cache.get(model, train, transforms, device)
    test_features, test_labels = cache.get(model, test, transforms, device)
    predicted = linear_svm(train_features, train_labels, test_features, C, seed)
    protocol = {**PROTOCOL, 'C': C, 'points': num_points, 'subsample': 'fps', 'train_samples': len(train)}
    return classified(test_labels, predicted, test.classes, protocol, time.perf_counter() - begin)
