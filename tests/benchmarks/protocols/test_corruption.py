from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.protocols import features
from benchmarks.protocols.corruption import Corruption, FrozenCorruption
from benchmarks.protocols.svm import linear_svm
from tests.benchmarks.protocols.parts import measured, parts, slow_features
from zoo.datasets import ObjectDataset
from zoo.transforms import CORRUPTIONS, SEVERITIES, Corrupt, FPSSubsample, UnitSphere

POINTS = 48


class Clouds(ObjectDataset):
    """Boxes of several proportions, off center and of any size; the label is what the toy model says of a clean one."""

    classes = tuple('abcd')

    def __init__(self, size=12, seed=0, total=60):
        super().__init__()
        generator = np.random.default_rng(seed)
        sides = generator.uniform(0.2, 3, (size, 1, 3))
        self.clouds = (generator.random((size, total, 3)) * sides + 5).astype(np.float32)
        self.labels = generator.integers(0, 4, size)
        self.fingerprint = f'clouds {size} {seed}'

    def points(self, index):
        return self.clouds[index]


class Toy(nn.Module):
    """Four classes by spread and by mean radius; remembers how many points it saw."""

    def __init__(self):
        super().__init__()
        self.seen = set()

    def forward(self, points):
        assert not self.training
        self.seen.add(points.shape[1])
        radius = points.norm(dim=2).mean(dim=1)
        spread = points.std(dim=1)
        number = (radius > 0.62).long() + 2 * (spread[:, 0] > spread[:, 2]).long()
        return nn.functional.one_hot(number, 4).float()


def under(data, points=POINTS, severities=SEVERITIES, model=None):
    return measured(Corruption(severities), model or Toy(), None, data, points)


@pytest.fixture(scope='module')
def found():
    data = Clouds()
    return data, under(data)


def slow_accuracy(data, corruption=None, points=POINTS, classify=lambda cloud: Toy().eval()(cloud).argmax()):
    """One object at a time, cut, scaled and then corrupted."""
    right = 0
    for index in range(len(data)):
        batch = {'points': torch.from_numpy(data.points(index))[None], 'index': torch.tensor([index])}
        batch = UnitSphere()(FPSSubsample(points)(batch))
        right += int(classify((corruption(batch) if corruption else batch)['points']) == data.labels[index])
    return 100 * right / len(data)


def test_every_accuracy_is_that_of_a_slow_loop_and_the_protocol_says_how(found):
    data, whole = found
    assert whole.metrics['oa'] == pytest.approx(slow_accuracy(data))
    for name in CORRUPTIONS:
        slow = [slow_accuracy(data, Corrupt(name, severity, seed=0)) for severity in SEVERITIES]
        assert [whole.metrics[f'oa/{name}/{severity}'] for severity in SEVERITIES] == pytest.approx(slow)
        assert whole.metrics[f'oa/{name}'] == pytest.approx(np.mean(slow))
    means = [whole.metrics[f'oa/{name}'] for name in CORRUPTIONS]
    assert whole.metrics['oa_corrupted'] == pytest.approx(np.mean(means))
    assert len(set(means)) > 2
    assert np.array_equal(whole.labels, data.labels)
    assert np.mean(whole.labels == whole.predictions) * 100 == pytest.approx(whole.metrics['oa'])
    assert whole.per_class
    expected = {'name': 'corruption', 'corruptions': list(CORRUPTIONS), 'severities': [1, 2, 3, 4, 5]}
    expected |= {'points': POINTS, 'corruption_seed': 0, 'voting': 'none'}
    assert expected.items() <= whole.protocol.items()


def test_the_model_sees_corrupted_clouds_as_they_are():
    model = Toy()
    under(Clouds(4), model=model)
    local = [round(100 * severity * POINTS / 1024) for severity in SEVERITIES]
    kept = [int(POINTS * share) for share in (0.75, 0.625, 0.5, 0.375, 0.25)]
    spread = [max(1, round(10 * severity * POINTS / 1024)) for severity in SEVERITIES]
    changed = [POINTS - n for n in local] + [POINTS + n for n in local] + [POINTS + n for n in spread]
    assert model.seen == {POINTS, *kept, *changed}


@pytest.mark.parametrize('batch_size', [1, 5, 100])
def test_batches_do_not_matter(found, batch_size, monkeypatch):
    monkeypatch.setattr(features, 'BATCH_SIZE', {'cpu': batch_size})
    again = under(found[0])
    assert again.metrics == found[1].metrics
    assert np.array_equal(again.predictions, found[1].predictions)


def test_clouds_are_named_by_data_and_points_and_some_severities_are_enough(found):
    data, whole = found
    some = under(data, severities=(2, 5))
    named = [some, whole, under(data, 40, (1,)), under(Clouds(seed=1), severities=(1,))]
    assert [len({entry.protocol['clouds'] for entry in named[:stop]}) for stop in (2, 4)] == [1, 3]
    assert {key[-1] for key in some.metrics if key.count('/') == 2} == {'2', '5'}
    for severity in (2, 5):
        assert some.metrics[f'oa/rotate/{severity}'] == whole.metrics[f'oa/rotate/{severity}']


def test_a_linear_svm_that_saw_clean_features_classifies_those_of_corrupted_clouds(tmp_path):
    model, train, test = parts(tmp_path)
    found = measured(FrozenCorruption((2,)), model, train, test)
    svm = linear_svm(slow_features(model, train, 32), train.labels)
    assert np.array_equal(found.predictions, svm.predict(slow_features(model, test, 32)))
    slow = slow_accuracy(
        test, Corrupt('rotate', 2, seed=0), 32, lambda cloud: svm.predict(model(cloud).detach().numpy())[0]
    )
    assert found.metrics['oa/rotate/2'] == pytest.approx(slow)
    assert (found.protocol['name'], found.protocol['C'], found.protocol['pooling']) == ('corruption_svm', 0.075, 'svm')
