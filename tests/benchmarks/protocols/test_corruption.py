from __future__ import annotations

import h5py
import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.protocols.corruption import measure_corruption, measure_modelnet_c
from benchmarks.protocols.corruption_errors import OFFICIAL, PUBLISHED_DGCNN, corruption_errors, row_of
from tests.datasets.layouts.writers_h5 import write_modelnet_c
from zoo.datasets import ObjectDataset
from zoo.errors import UsageError
from zoo.transforms import CORRUPTIONS, SEVERITIES, Corrupt, FPSSubsample, UnitSphere

POINTS = 48


class Clouds(ObjectDataset):
    """Boxes of several proportions, off centre and of any size; the label is what the toy model says of a clean one."""

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


@pytest.fixture(scope='module')
def found():
    data = Clouds()
    return data, measure_corruption(Toy(), data, POINTS, seed=3)


def slow_accuracy(data, corruption=None):
    """One object at a time."""
    right = 0
    for index in range(len(data)):
        batch = {'points': torch.from_numpy(data.points(index))[None], 'index': torch.tensor([index])}
        batch = UnitSphere()(FPSSubsample(POINTS)(batch))
        if corruption is not None:
            batch = corruption(batch)
        right += int(Toy().eval()(batch['points']).argmax() == data.labels[index])
    return 100 * right / len(data)


def test_every_accuracy_is_that_of_a_slow_loop(found):
    data, measured = found
    assert measured.metrics['oa'] == pytest.approx(slow_accuracy(data))
    for name in CORRUPTIONS:
        slow = [slow_accuracy(data, Corrupt(name, severity, seed=3)) for severity in SEVERITIES]
        assert [measured.metrics[f'oa/{name}/{severity}'] for severity in SEVERITIES] == pytest.approx(slow)
        assert measured.metrics[f'oa/{name}'] == pytest.approx(np.mean(slow))
    means = [measured.metrics[f'oa/{name}'] for name in CORRUPTIONS]
    assert measured.metrics['oa_corrupted'] == pytest.approx(np.mean(means))
    assert len(set(means)) > 2


def test_the_model_sees_corrupted_clouds_as_they_are():
    model = Toy()
    measure_corruption(model, Clouds(4), POINTS)
    local = [round(100 * severity * POINTS / 1024) for severity in SEVERITIES]
    kept = [int(POINTS * share) for share in (0.75, 0.625, 0.5, 0.375, 0.25)]
    spread = [max(1, round(10 * severity * POINTS / 1024)) for severity in SEVERITIES]
    changed = [POINTS - n for n in local] + [POINTS + n for n in local] + [POINTS + n for n in spread]
    assert model.seen == {POINTS, *kept, *changed}


@pytest.mark.parametrize('batch_size', [1, 5, 100])
def test_batches_do_not_matter(found, batch_size):
    again = measure_corruption(Toy(), found[0], POINTS, seed=3, batch_size=batch_size)
    assert again.metrics == found[1].metrics
    assert np.array_equal(again.predictions, found[1].predictions)


def test_the_protocol_says_how(found):
    data, measured = found
    protocol = measured.protocol
    assert protocol['name'] == 'corruption'
    assert protocol['corruptions'] == list(CORRUPTIONS)
    assert protocol['severities'] == [1, 2, 3, 4, 5]
    assert (protocol['points'], protocol['corruption_seed'], protocol['voting']) == (POINTS, 3, 'none')
    assert np.array_equal(measured.labels, data.labels)
    assert np.mean(measured.labels == measured.predictions) * 100 == pytest.approx(measured.metrics['oa'])
    assert measured.per_class


def test_rows_compare_only_on_the_same_clouds(found):
    data, measured = found

    def clouds(dataset, points, seed):
        return measure_corruption(Toy(), dataset, points, ['scale'], [1], seed).protocol['clouds']

    assert clouds(data, POINTS, 3) == measured.protocol['clouds']
    assert (
        len({clouds(data, POINTS, 3), clouds(data, POINTS, 4), clouds(data, 40, 3), clouds(Clouds(seed=1), 48, 3)}) == 4
    )
    row = row_of('toy', measured.metrics, measured.protocol)
    assert corruption_errors(row, row).mce == pytest.approx(1)
    with pytest.raises(UsageError, match='need a reference row of the same clouds'):
        corruption_errors(row, PUBLISHED_DGCNN)


def test_some_corruptions_and_severities_are_enough(found):
    measured = measure_corruption(Toy(), found[0], POINTS, ['rotate'], [2, 5], seed=3)
    assert {key for key in measured.metrics if key.startswith('oa/')} == {'oa/rotate', 'oa/rotate/2', 'oa/rotate/5'}
    for severity in (2, 5):
        assert measured.metrics[f'oa/rotate/{severity}'] == found[1].metrics[f'oa/rotate/{severity}']


class Toy40(nn.Module):
    """A class of ModelNet40 by the mean radius."""

    def forward(self, points):
        number = (points.norm(dim=2).mean(dim=1) * 20).long().clamp(0, 39)
        return nn.functional.one_hot(number, 40).float()


def test_files_of_modelnet_c_go_to_the_model_as_they_are(tmp_path):
    folder = write_modelnet_c(tmp_path, count=6)

    def accuracy(name):
        with h5py.File(folder / f'{name}.h5') as file:
            points, labels = torch.from_numpy(file['data'][:]).float(), file['label'][:].ravel()
        return 100 * np.mean(Toy40()(points).argmax(dim=1).numpy() == labels)

    # Labels that the clean set is classified by, so that accuracies are not all zero.
    with h5py.File(folder / 'clean.h5') as file:
        clean = Toy40()(torch.from_numpy(file['data'][:]).float()).argmax(dim=1).numpy()
    for path in folder.glob('*.h5'):
        with h5py.File(path, 'r+') as file:
            file['label'][:] = clean[:, None]
    measured = measure_modelnet_c(Toy40(), tmp_path, batch_size=4)
    assert measured.metrics['oa'] == accuracy('clean') == 100
    for name in CORRUPTIONS:
        file = name.replace('drop_', 'dropout_')
        for severity in SEVERITIES:
            assert measured.metrics[f'oa/{name}/{severity}'] == pytest.approx(accuracy(f'{file}_{severity - 1}'))
    assert measured.protocol['clouds'] == OFFICIAL
    assert measured.protocol['points'] == 1024
    row = row_of('toy', measured.metrics, measured.protocol)
    assert corruption_errors(row, PUBLISHED_DGCNN).mce >= 0


def test_a_missing_file_of_modelnet_c_is_a_usage_error(tmp_path):
    folder = write_modelnet_c(tmp_path, count=2)
    (folder / 'rotate_3.h5').unlink()
    with pytest.raises(UsageError, match=r'rotate_3\.h5'):
        measure_modelnet_c(Toy40(), tmp_path)
