from __future__ import annotations

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from benchmarks.protocols import few_shot
from benchmarks.protocols.few_shot import FewShot
from tests.benchmarks.protocols.parts import measured, parts, slow_features
from zoo.datasets.episodes import few_shot_episodes


def test_every_fold_equals_plain_scikit_learn(tmp_path):
    model, train, test = parts(tmp_path, num_objects=120)
    found = measured(FewShot(2, 5, 4, 4), model, train, test, seed=3)
    support, query = slow_features(model, train, 32), slow_features(model, test, 32)
    expected = []
    for episode in few_shot_episodes(train.labels, test.labels, 2, 5, 4, 4, 3):
        a, b = episode.train_indices, episode.test_indices
        plain = LinearSVC(C=0.075, dual=True, max_iter=1_000_000, tol=1e-7).fit(support[a], train.labels[a])
        expected.append(100 * np.mean(plain.predict(query[b]) == test.labels[b]))
    assert [found.metrics[f'oa/{fold}'] for fold in range(4)] == pytest.approx(expected)
    assert found.metrics['oa'] == pytest.approx(np.mean(expected))
    assert found.metrics['oa_std'] == pytest.approx(np.std(expected, ddof=1))


def test_folds_that_are_measured_are_balanced_and_disjoint(tmp_path, monkeypatch):
    """What the classifier is really given, seen from outside: rows are known again by their features."""
    model, train, test = parts(tmp_path, num_objects=120)
    plain, seen = few_shot.linear_svm, []

    def spy(support, labels, query, C, seed):
        seen.append((support, labels, query))
        return plain(support, labels, query, C, seed)

    monkeypatch.setattr(few_shot, 'linear_svm', spy)
    found = measured(FewShot(2, 5, 4, 3), model, train, test, seed=1)
    assert len(seen) == found.protocol['folds'] == 3
    everything = slow_features(model, test, 32)
    for support, labels, query in seen:
        assert sorted(np.unique(labels, return_counts=True)[1].tolist()) == [5, 5]
        assert len(np.unique(support, axis=0)) == 10
        assert len(np.unique(query, axis=0)) == 8
        distance = np.linalg.norm(query[:, None] - support[None], axis=2)
        assert distance.min() > 1e-3
        rows = np.linalg.norm(query[:, None] - everything[None], axis=2).argmin(axis=1)
        kinds, counts = np.unique(test.labels[rows], return_counts=True)
        assert counts.tolist() == [4, 4]
        assert set(kinds) == set(labels)
