"""A model that knows test labels by other ways than the points is not reported better than what its points are worth.

The bound. A frozen protocol learns from training features alone. What a model adds to the features of test clouds only
cannot be learnt, so its predictions have to be those without the addition, one by one. What a model reads from the
order of a test set that is sorted by class, from how many clouds it has seen, or from the other clouds of the batch, is
worth chance where the points are noise; such a model is refused, and were it not, the shuffled order leaves it at
chance. A classifier is given points alone, so one that reads the labels of a batch in its own evaluation scores what
its logits score.

What no protocol on these files can tell: a model that was trained on the test split and knows its clouds by sight. The
first group of tests shows where it stays harmless: where the labels it knows have no counterpart in the training
features.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.protocols import features
from benchmarks.protocols.base import Student
from benchmarks.protocols.corruption import Corruption
from benchmarks.protocols.features import extract_features
from benchmarks.protocols.knn import KNN
from benchmarks.protocols.probe import Probe
from benchmarks.protocols.svm import SVM
from tests.benchmarks.protocols.parts import measured
from tests.benchmarks.protocols.tuning import boxes, tuning
from zoo.datasets import ObjectDataset
from zoo.errors import UsageError
from zoo.models import PointClassifier
from zoo.registry import MODELS

CLASSES = 4


class Noise(ObjectDataset):
    """Clouds that say nothing of their classes, sorted by class."""

    classes = tuple('abcd')

    def __init__(self, size, seed):
        super().__init__()
        self.clouds = np.random.default_rng(seed).normal(size=(size, 16, 3)).astype(np.float32)
        self.labels = np.sort(np.arange(size) % CLASSES)
        self.fingerprint = f'noise {size} {seed}'

    def points(self, index):
        return self.clouds[index]


TRAIN, TEST = Noise(80, 0), Noise(400, 1)
CHANCE = 100 * (1 / CLASSES + 4 * np.sqrt(0.25 * 0.75 / len(TEST)))
"""Percent; four standard deviations above guessing."""


class Frozen(nn.Module):
    """Moments of the points; what is poisoned is added."""

    pool = 'svm'

    def honest(self, points):
        return torch.cat([points.mean(1), points.std(1), points.amax(1)], dim=1)

    def forward(self, points):
        return torch.cat([self.honest(points), self.poison(points)], dim=1)

    def poison(self, points):
        return points.new_zeros(len(points), CLASSES)


class KnowsTestClouds(Frozen):
    """Has the labels of all test clouds by heart; of other clouds it knows nothing."""

    def __init__(self):
        super().__init__()
        prepared = _prepared(TEST)
        self.known = {_name(cloud): label for cloud, label in zip(prepared, TEST.labels, strict=True)}

    def poison(self, points):
        rows = super().poison(points)
        for row, cloud in zip(rows, points, strict=True):
            if _name(cloud) in self.known:
                row[self.known[_name(cloud)]] = 10.0
        return rows


class ByPlace(Frozen):
    """Takes the place in the batch for the class: right in any batch that is sorted by class."""

    def poison(self, points):
        guess = torch.arange(len(points)) * CLASSES // len(points)
        return 10.0 * nn.functional.one_hot(guess, CLASSES)


class Counter(Frozen):
    """Counts the clouds it has seen: right in any set that is sorted by class and read in order."""

    def __init__(self, total):
        super().__init__()
        self.total, self.seen = total, 0

    def poison(self, points):
        place = (self.seen + torch.arange(len(points))) % self.total
        self.seen += len(points)
        return 10.0 * nn.functional.one_hot(place * CLASSES // self.total, CLASSES)


class Neighbors(Frozen):
    """Compares every cloud with the mean of its batch, as batch norm without running statistics does."""

    def poison(self, points):
        own = self.honest(points)
        return (own - own.mean(0, keepdim=True))[:, :CLASSES]


def _prepared(dataset):
    """Clouds as a model is given them."""
    rows, _ = extract_features(nn.Flatten(), dataset, features.evaluation_transforms(12))
    return torch.from_numpy(rows).view(len(dataset), 12, 3)


def _name(cloud):
    return np.round(cloud.numpy(), 4).tobytes()


PROTOCOLS = {
    'svm': SVM(),
    # A longer feature makes all cosines smaller and thereby the vote of many neighbors flatter; one is one.
    'knn': KNN(k=1),
    'probe': Probe('linear', 5),
}


@pytest.mark.parametrize('name', PROTOCOLS)
def test_what_only_test_features_know_changes_no_prediction(name):
    honest, poisoned = (measured(PROTOCOLS[name], model, TRAIN, TEST, 12) for model in (Frozen(), KnowsTestClouds()))
    rows, labels = extract_features(KnowsTestClouds(), TEST, features.evaluation_transforms(12))
    assert np.array_equal(rows[:, -CLASSES:].argmax(1), labels)
    assert np.array_equal(poisoned.predictions, honest.predictions)
    assert poisoned.metrics['oa'] <= CHANCE


@pytest.mark.parametrize('model', [ByPlace(), Counter(80), Neighbors()], ids=lambda model: type(model).__name__)
@pytest.mark.parametrize('name', [*PROTOCOLS, 'corruption'])
def test_a_model_that_reads_more_than_a_cloud_is_refused(name, model):
    with pytest.raises(UsageError, match='depends on the clouds beside it'):
        measured({**PROTOCOLS, 'corruption': Corruption((1,))}[name], model, TRAIN, TEST, 12)


@pytest.mark.parametrize('make', [ByPlace, lambda: Counter(80)])
def test_even_unrefused_the_order_says_nothing(monkeypatch, make):
    def accuracy():
        rows, labels = extract_features(make(), TRAIN)
        return 100 * np.mean(rows[:, -CLASSES:].argmax(1) == labels)

    monkeypatch.setattr(features, 'BATCH_SIZE', {'cpu': 80})
    monkeypatch.setattr(features, 'require_same_alone', lambda measured, rows: None)
    shuffled = accuracy()
    monkeypatch.setattr(features, 'shuffled_batches', lambda size, batch_size: [np.arange(size)])
    assert accuracy() == 100
    assert shuffled <= 100 * (1 / CLASSES + 4 * np.sqrt(0.25 * 0.75 / len(TRAIN)))


def test_batch_norm_counts_as_honest_in_evaluation_mode_only_with_running_statistics():
    for keeps, words in ((True, None), (False, 'depends on the clouds')):
        model = nn.Sequential(Frozen(), nn.BatchNorm1d(9 + CLASSES, track_running_stats=keeps)).train()
        if words is None:
            extract_features(model, TEST)
        else:
            with pytest.raises(UsageError, match=words):
                extract_features(model, TEST)


@MODELS.register_module()
class ReadsLabels(PointClassifier):
    """Gives the labels of the batch back where it is asked to predict one."""

    def predict(self, points, **batch):
        found = super().predict(points, **batch)
        return [{**entry, 'pred': entry['label']} for entry in found]


def test_a_classifier_that_reads_labels_in_its_own_evaluation_gains_nothing(tmp_path):
    student, data = Student('point-mae-nano'), boxes(tmp_path)

    def train(kind):
        return tuning(student, *data, tmp_path / kind, seed=0, epochs=1, **{'model.type': kind})

    honest, found = (train(kind).last_epoch() for kind in ('PointClassifier', 'ReadsLabels'))
    assert np.array_equal(honest.predictions, found.predictions)
    assert found.metrics['oa'] < 100
    # The leak is there: by the model's own word every object is right.
    trained = train('ReadsLabels')
    own = trained.runner.model.eval().test_step(trained.test.__getitems__(list(range(6))))
    assert [int(entry['pred']) for entry in own] == trained.labels[:6].tolist()
