from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, balanced_accuracy_score, recall_score

from zoo.engine import Accuracy
from zoo.engine.metrics import PartIoU, class_accuracy, mean_class_accuracy, overall_accuracy, part_ious


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


@pytest.mark.parametrize('kind', [Accuracy, PartIoU])
def test_nothing_to_measure_is_not_a_number(kind):
    assert np.isnan(list(kind().compute_metrics([]).values())).all()


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


def iou_by_sets(part, pred, num_parts):
    """Intersection over union by sets of positions, background left out; absent in both counts 1."""
    positions = [i for i, value in enumerate(part) if value >= 0]
    found = []
    for name in range(num_parts):
        true, guessed = ({i for i in positions if values[i] == name} for values in (part, pred))
        found.append(len(true & guessed) / len(true | guessed) if true | guessed else 1.0)
    return found


def clouds(seed=0, count=25, points=30):
    """Random clouds of three classes with 2, 4 and 5 parts; parts are often absent, some points are background."""
    draws = np.random.default_rng(seed)
    found = []
    for index in range(count):
        label = int(draws.choice(3, p=(0.6, 0.3, 0.1)))
        num_parts = (2, 4, 5)[label]
        part = draws.integers(-1, draws.integers(1, num_parts + 1), size=points)
        pred = np.where((part >= 0) & (draws.random(points) < 0.7), part, draws.integers(num_parts, size=points))
        found.append({'label': label, 'part': part, 'pred': pred, 'num_parts': num_parts, 'index': index})
    return found


def as_tensors(sample):
    return {key: torch.as_tensor(value) for key, value in sample.items()}


def test_part_iou_equals_sets_of_points():
    absent = 0
    for cloud in clouds():
        expected = iou_by_sets(cloud['part'], cloud['pred'], cloud['num_parts'])
        np.testing.assert_allclose(part_ious(cloud['part'], cloud['pred'], cloud['num_parts']), expected)
        absent += 1.0 in expected
    assert absent


@pytest.mark.parametrize(
    ('part', 'pred', 'expected'),
    [
        ([0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 1]),  # the third is nowhere
        ([0, 0, 0, 0], [0, 0, 0, 1], [0.75, 0, 1]),  # the second is predicted and not there
        ([0, 0, 1, 1], [0, 0, 0, 0], [0.5, 0, 1]),  # the second is there and not predicted
        ([0, -1, -1, 1], [0, 1, 2, 1], [1, 1, 1]),  # what is predicted on background is not looked at
    ],
)
def test_part_iou_of_parts_that_are_absent(part, pred, expected):
    np.testing.assert_allclose(part_ious(np.array(part), np.array(pred), 3), expected)


def test_both_means_of_part_iou_equal_their_definitions():
    samples = clouds(1)
    metric = PartIoU(per_class=True, keep_predictions=True)
    metric.dataset_meta = {'classes': ('a', 'b', 'c', 'never')}
    for index in np.random.default_rng(2).permutation(len(samples)):
        metric.process({}, [as_tensors(samples[index])])
    values = metric.evaluate(len(samples))
    ious = [np.mean(iou_by_sets(cloud['part'], cloud['pred'], cloud['num_parts'])) for cloud in samples]
    label = np.array([cloud['label'] for cloud in samples])
    by_class = [100 * np.mean(np.array(ious)[label == k]) for k in range(3)]
    assert values['instance_miou'] == pytest.approx(100 * np.mean(ious))
    assert values['class_miou'] == pytest.approx(np.mean(by_class))
    assert abs(values['class_miou'] - values['instance_miou']) > 0.1
    assert [values[f'iou/{name}'] for name in 'abc'] == pytest.approx(by_class)
    assert 'iou/never' not in values
    right = [np.mean([t == p for t, p in zip(c['part'], c['pred'], strict=True) if t >= 0]) for c in samples]
    assert values['point_accuracy'] == pytest.approx(100 * np.mean(right))
    np.testing.assert_allclose(metric.predictions['iou'], ious)
    np.testing.assert_array_equal(metric.predictions['label'], label)
