from __future__ import annotations

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from benchmarks.protocols.few_shot import FewShot
from tests.benchmarks.protocols.parts import measured, parts, slow_features
from zoo.datasets.episodes import few_shot_episodes


def test_every_fold_equals_plain_scikit_learn(tmp_path):
    """What the folds are is that of :mod:`zoo.datasets.episodes`; rows that are classified are those of its objects."""
    model, train, test = parts(tmp_path, num_objects=120)
    found = measured(FewShot(2, 5, 4, 4), model, train, test, seed=3)
    support, query = slow_features(model, train, 32), slow_features(model, test, 32)
    expected = []
    for episode in few_shot_episodes(train.labels, test.labels, 2, 5, 4, 4, 3):
        a, b = episode.train_indices, episode.test_indices
        assert [np.unique(part, return_counts=True)[1].tolist() for part in (train.labels[a], test.labels[b])] == [
            [5, 5],
            [4, 4],
        ]
        plain = LinearSVC(C=0.075, dual=True, max_iter=1_000_000, tol=1e-7).fit(support[a], train.labels[a])
        expected.append(100 * np.mean(plain.predict(query[b]) == test.labels[b]))
    assert [found.metrics[f'oa/{fold}'] for fold in range(4)] == pytest.approx(expected)
    assert found.metrics['oa'] == pytest.approx(np.mean(expected))
    assert found.metrics['oa_std'] == pytest.approx(np.std(expected, ddof=1))
    assert (found.protocol['name'], found.protocol['folds']) == ('few_shot_svm', 4)
