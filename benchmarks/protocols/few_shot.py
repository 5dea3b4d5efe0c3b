"""Few-shot episodes on frozen features.

Source: the few-shot protocol of arXiv 2111.14819 (5 or 10 ways, 10 or 20 shots, 10 folds, 20 queries a class), with a
linear SVM in place of fine-tuning, which takes hours for every student. Traps: the literature prints mean ± standard
deviation over folds, which is not a confidence interval (``oa_std`` and the interval of a table are different numbers);
the released code of ReCon drops the last incomplete batch and so trains on 32 of 50 objects. Folds are drawn from a
seed; :class:`zoo.datasets.layouts.few_shot.ModelNetFewShot` reads the official ones of ModelNet40.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.protocols.features import FeatureCache, evaluation_transforms
from benchmarks.protocols.measurement import Measurement
from benchmarks.protocols.svm import linear_svm
from zoo.datasets.episodes import few_shot_episodes
from zoo.engine.metrics import overall_accuracy

PROTOCOL = {'name': 'few_shot_svm', 'version': 1, 'classifier': 'sklearn LinearSVC', 'pooling': 'svm', 'voting': 'none'}


def measure_few_shot(
    model: Any,
    train: Any,
    test: Any,
    num_points: int,
    ways: int = 5,
    shots: int = 10,
    queries: int = 20,
    folds: int = 10,
    C: float = 0.075,
    seed: int = 0,
    device: str = 'cpu',
    cache: FeatureCache | None = None,
) -> Measurement:
    """Measure a feature extractor by episodes: support from ``train``, queries from ``test``.

    Features of both splits are computed once; an episode chooses rows of them.

    Args:
        model: maps points (B, N, 3) to features (B, F).
        train: labelled dataset of the supports.
        test: labelled dataset of the queries.
        num_points: points per cloud, chosen by FPS.
        ways: classes of an episode.
        shots: support objects of a class.
        queries: query objects of a class.
        folds: episodes.
        C: of the SVM.
        seed: of the episodes and of the solver.
        device: where the model runs.
        cache: of features.

    Returns:
        ``oa``: mean over folds; ``oa_std``: standard deviation over several folds (ddof 1), as the literature prints;
        ``oa/<fold>``: of every fold. No single predictions, because folds overlap.
    """
    begin = time.perf_counter()
    cache, transforms = cache or FeatureCache(), evaluation_transforms(num_points)
    train_features, train_labels = cache.get(model, train, transforms, device)
    test_features, test_labels = cache.get(model, test, transforms, device)
    found = []
    for episode in few_shot_episodes(train_labels, test_labels, ways, shots, queries, folds, seed):
        support, query = episode.train_indices, episode.test_indices
        predicted = linear_svm(train_features[support], train_labels[support], test_features[query], C, seed)
        found.append(overall_accuracy(test_labels[query], predicted))
    metrics = {'oa': float(np.mean(found))} | ({'oa_std': float(np.std(found, ddof=1))} if len(found) > 1 else {})
    metrics |= {f'oa/{fold}': value for fold, value in enumerate(found)}
    settings = {'ways': ways, 'shots': shots, 'queries': queries, 'folds': folds, 'C': C, 'points': num_points}
    nothing = np.zeros(0, dtype=np.int64)
    return Measurement(metrics, {**PROTOCOL, **settings}, time.perf_counter() - begin, {}, nothing, nothing)
