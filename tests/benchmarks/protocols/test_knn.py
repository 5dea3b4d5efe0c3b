from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from benchmarks.protocols.knn import KNN, knn_classify
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
    assert np.array_equal(knn_classify(train, labels, test, k, 0.2), slow_knn(train, labels, test, k, 0.2))


def test_one_neighbour_is_scikit_learns(tmp_path):
    model, train, test = parts(tmp_path)
    found = measured(KNN(k=1), model, train, test)
    plain = KNeighborsClassifier(1, metric='cosine').fit(slow_features(model, train, 32), train.labels)
    assert np.array_equal(found.predictions, plain.predict(slow_features(model, test, 32)))
    assert (found.protocol['name'], found.protocol['k']) == ('knn', 1)


def test_sharp_temperatures_neither_overflow_nor_lose_the_nearest():
    train = np.array([[1.0, 0.0], [0.0, 1.0], [0.1, 1.0]], dtype=np.float32)
    predicted = knn_classify(train, np.array([2, 0, 0]), np.array([[1.0, 0.05]], dtype=np.float32), 3, 1e-4)
    assert predicted.tolist() == [2]
