from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, balanced_accuracy_score, recall_score

from zoo.engine import Accuracy
from zoo.engine.metrics import class_accuracy, mean_class_accuracy, overall_accuracy


@pytest.fixture(params=[(1, 2), (50, 3), (1000, 40)])
def drawn(request):
    samples, classes = request.param
    draws = np.random.default_rng(samples)
    label = draws.integers(classes, size=samples)
    pred = np.where(draws.random(samples) < 0.6, label, draws.integers(classes, size=samples))
    return label, pred, classes


def test_functions_agree_with_scikit_learn(drawn):
    label, pred, classes = drawn
    present = np.unique(label)
    assert overall_accuracy(label, pred) == pytest.approx(100 * accuracy_score(label, pred))
    assert mean_class_accuracy(label, pred) == pytest.approx(
        100 * recall_score(label, pred, average='macro', labels=present, zero_division=0)
    )
    if set(pred) <= set(label):
        assert mean_class_accuracy(label, pred) == pytest.approx(100 * balanced_accuracy_score(label, pred))
    shares = class_accuracy(label, pred, classes)
    expected = 100 * recall_score(label, pred, average=None, labels=present, zero_division=0)
    assert shares[present] == pytest.approx(expected)
    assert np.isnan(np.delete(shares, present)).all()


def test_nothing_to_measure_is_not_a_number():
    none = np.zeros(0, np.int64)
    assert np.isnan(overall_accuracy(none, none))
    assert np.isnan(mean_class_accuracy(none, none))
    assert np.isnan(class_accuracy(none, none, 3)).all()


def samples_of(label, pred, order):
    return [
        {
            'label': torch.tensor(label[i]),
            'pred': torch.tensor(pred[i]),
            'index': torch.tensor(i),
            'logits': torch.full((4,), float(i)),
        }
        for i in order
    ]


def test_metric_collects_batches_and_keeps_predictions_in_dataset_order():
    draws = np.random.default_rng(0)
    label, pred, order = draws.integers(4, size=30), draws.integers(4, size=30), draws.permutation(30)
    metric = Accuracy(per_class=True, keep_predictions=True)
    metric.dataset_meta = {'classes': ('a', 'b', 'c', 'd', 'never')}
    samples = samples_of(label, pred, order)
    for first in range(0, 30, 7):
        metric.process({}, samples[first : first + 7])
    values = metric.evaluate(30)
    assert values['oa'] == pytest.approx(100 * accuracy_score(label, pred))
    assert values['macc'] == pytest.approx(100 * balanced_accuracy_score(label, pred))
    assert values['acc/b'] == pytest.approx(100 * recall_score(label, pred, average=None)[1])
    assert np.isnan(values['acc/never'])
    np.testing.assert_array_equal(metric.predictions['label'], label)
    np.testing.assert_array_equal(metric.predictions['pred'], pred)
    np.testing.assert_array_equal(metric.predictions['logits'][:, 0], np.arange(30))


def test_metric_reports_two_plain_numbers_by_default():
    metric = Accuracy()
    metric.process({}, samples_of(np.array([0, 1, 1]), np.array([0, 1, 0]), range(3)))
    values = metric.evaluate(3)
    assert set(values) == {'oa', 'macc'}
    assert all(type(value) is float for value in values.values())
    assert metric.predictions == {}
