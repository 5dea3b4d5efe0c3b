from __future__ import annotations

import pytest
import torch

from tests.engine.conftest import largest_difference
from tests.engine.dummy import DummyShapes, FixedShapes
from zoo.engine import ZooRunner
from zoo.engine.loops import SeededBatches
from zoo.engine.resident import NotResident, ResidentData
from zoo.teachers import FeatureBank


def bank(variants, standardize=False):
    features = torch.randn(24, variants, 5, generator=torch.Generator().manual_seed(variants)).half()
    mean, std = features.float().mean((0, 1)), features.float().std((0, 1))
    return FeatureBank(features, torch.arange(24).flip(0), mean, std, standardize=standardize)


def loader(dataset, **settings):
    sampler = {'type': 'DefaultSampler', 'shuffle': True}
    return ZooRunner.build_dataloader({'dataset': dataset, 'sampler': sampler, 'batch_size': 5, **settings}, seed=5)


class Run:
    seed, rank = 5, 0

    def __init__(self, resident=None):
        self.resident = resident


@pytest.mark.parametrize('views', [(), (1, 1), (3, 1), (3, 2)], ids=str)
@pytest.mark.parametrize('num_workers', [0, 2])
def test_batches_are_those_of_the_loader(views, num_workers):
    dataset = FixedShapes()
    for name, variants in zip(('image', 'text'), views, strict=False):
        dataset.attach_feature(name, bank(variants, standardize=name == 'image').lookup)
    source = loader(dataset, num_workers=num_workers, drop_last=num_workers > 0)
    runs = [SeededBatches(Run(data), source) for data in (None, ResidentData(source, 'cpu'))]
    for epoch in (0, 3):
        for run in runs:
            run.start(epoch)
        for _ in range(len(source)):
            expected, found = (run.draw() for run in runs)
            assert expected.keys() == found.keys()
            for key, value in expected.items():
                assert value.dtype == found[key].dtype
                assert torch.equal(value, found[key]), key


def test_all_views_come_where_that_is_asked_for():
    dataset = FixedShapes()
    dataset.attach_feature('image', bank(3).lookup_all)
    data = ResidentData(loader(dataset), 'cpu')
    index = torch.tensor([4, 0])
    assert torch.equal(data.batch({'index': index})['image_feature'], dataset.__getitems__(index)['image_feature'])


def with_pictures():
    dataset = FixedShapes()
    dataset.images = True
    return dataset


def made_when_read():
    dataset = FixedShapes()
    dataset.made_when_read = True
    return dataset.subset(range(9))


def with_foreign_features():
    dataset = FixedShapes()
    dataset.attach_feature('text', lambda index: torch.zeros(len(index), 2))
    return dataset


@pytest.mark.parametrize(
    ('made', 'reason'),
    [
        (lambda: loader(DummyShapes()), 'drawn anew'),
        (lambda: loader(made_when_read()), 'made when they are read'),
        (lambda: loader(with_pictures()), 'images are no features of a bank'),
        (lambda: loader(with_foreign_features()), 'texts are no features of a bank'),
        (lambda: loader(torch.utils.data.TensorDataset(torch.zeros(9, 2))), 'batches of its own'),
        (lambda: loader(FixedShapes(), collate_fn={'type': 'pseudo_collate'}), 'batches of its own'),
    ],
    ids=['draws', 'stream', 'pictures', 'foreign features', 'foreign data', 'foreign batches'],
)
def test_what_cannot_lie_there_says_why(made, reason):
    with pytest.raises(NotResident, match=reason):
        ResidentData(made(), 'cpu')


def test_what_does_not_fit_is_loaded(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'mem_get_info', lambda: (8000, 2**30))
    data = object.__new__(ResidentData)
    data.device = torch.device('cuda')
    data._require_room(4000)
    with pytest.raises(NotResident, match=r'0\.0 GiB do not fit'):
        data._require_room(4001)


def test_a_run_ends_with_the_same_weights(train, tmp_path):
    fixed = {'train_dataloader.dataset.type': 'FixedShapes', 'train_cfg.max_epochs': 2}
    loaded, resident = train('loaded', fixed), train('resident', {**fixed, 'resident': True})
    assert largest_difference(loaded.model.state_dict(), resident.model.state_dict()) == 0
    for runner, said in ((loaded, 'data loaded batch by batch'), (resident, r'data on the device (0 MiB)')):
        assert said in next((tmp_path / runner.work_dir).rglob('*.log')).read_text()
