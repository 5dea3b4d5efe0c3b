from __future__ import annotations

import numpy as np
from sklearn.svm import LinearSVC

from benchmarks.protocols.svm import SVM
from tests.benchmarks.protocols.parts import measured, parts, slow_features


def test_accuracy_equals_plain_scikit_learn(tmp_path):
    model, train, test = parts(tmp_path)
    found = measured(SVM(0.075), model, train, test)
    plain = LinearSVC(C=0.075, dual=True, max_iter=1_000_000, tol=1e-7, random_state=1).fit(
        slow_features(model, train, 32), train.labels
    )
    predicted = plain.predict(slow_features(model, test, 32))
    assert np.array_equal(found.predictions, predicted)
    assert found.metrics['oa'] == 100 * np.mean(predicted == test.labels)
    assert found.protocol['C'] == 0.075
    assert found.protocol['train_samples'] == len(train)
    assert found.seconds > 0
