from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.protocols.knn import KNN
from tests.benchmarks.protocols.parts import measured, parts, slow_features


def slow_knn(train, labels, test, k, temperature):
    predicted = []
    for row in test.astype(float):
        cosines = [float(row @ other / math.sqrt((row @ row) * (other @ other))) for other in train.astype(float)]
        votes = {}
        for index in sorted(range(len(train)), key=lambda i: -cosines[i])[:k]:
            votes[labels[index]] = votes.get(labels[index], 0) + math.exp(cosines[index] / temperature)
        predicted.append(max(votes, key=votes.get))
    return np.array(predicted)


@pytest.mark.parametrize('k', [1, 5, 1000])
def test_votes_equal_a_loop_over_objects(k):
    rng = np.random.default_rng(k)
    train, test = rng.normal(size=(50, 6)).astype(np.float32), rng.normal(size=(30, 6)).astype(np.float32)
    labels = rng.integers(0, 4, 50)
    assert np.array_equal(KNN(k, 0.2).classify(train, labels, test), slow_knn(train, labels, test, k, 0.2))


def test_the_protocol_votes_by_the_features_of_clouds(tmp_path):
    model, train, test = parts(tmp_path)
    found = measured(KNN(k=3), model, train, test)
    rows = [slow_features(model, part, 32) for part in (train, test)]
    assert np.array_equal(found.predictions, slow_knn(rows[0], train.labels, rows[1], 3, 0.07))
    assert (found.protocol['name'], found.protocol['k']) == ('knn', 3)


def test_sharp_temperatures_neither_overflow_nor_lose_the_nearest():
    train = np.array([[1.0, 0.0], [0.0, 1.0], [0.1, 1.0]], dtype=np.float32)
    predicted = KNN(3, 1e-4).classify(train, np.array([2, 0, 0]), np.array([[1.0, 0.05]], dtype=np.float32))
    assert predicted.tolist() == [2]
