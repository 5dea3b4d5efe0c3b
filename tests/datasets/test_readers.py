"""What every reader of files promises, whatever their layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist
from torch.utils.data import DataLoader

from tests.datasets.samples import MODELNET_FILES, SAMPLES, move
from tests.refusals import refused
from zoo.registry import DATASETS

each = pytest.mark.parametrize('name', SAMPLES)


def build(name, root, **options):
    return DATASETS.build({**SAMPLES[name].config, 'data_root': str(root), **options})


def read_all(name, root):
    dataset = build(name, root)
    return dataset.__getitems__(range(len(dataset)))


@each
def test_the_data_root_is_the_users(original, name, monkeypatch):
    monkeypatch.setenv('ZOO_DATA', str(original(name)))
    found = DATASETS.build(SAMPLES[name].config)
    assert found.fingerprint == build(name, original(name)).fingerprint
    assert found.source(0).startswith(str(original(name)))


@each
def test_a_batch_is_made_of_its_objects(original, name):
    options = {'sampling': 'fixed'} if name == 'ShapeNetPart' else {}
    dataset = build(name, original(name), texts=True, **options)
    rows = [2, 0, 2]
    batch = dataset.__getitems__(rows)
    for row, index in enumerate(rows):
        points = dataset.points(index)
        assert points.dtype == np.float32
        assert points.flags.writeable
        assert np.array_equal(batch['points'][row].numpy(), points)
        assert batch['text'][row] == dataset.caption(index)
    assert batch['points'].dtype == torch.float32
    assert batch['label'].tolist() == [dataset.labels[index] for index in rows]
    assert len(dataset.labels) == len(dataset)
    assert 0 <= dataset.labels.min() <= dataset.labels.max() < len(dataset.classes)
    assert len(dataset.classes) >= SAMPLES[name].num_classes or name == 'ShapeNet55'
    batch['points'].zero_()
    assert dataset.__getitems__(rows)['points'].any()


@pytest.mark.parametrize('name', [*MODELNET_FILES, 'few shot'])
def test_num_points_is_the_head_of_a_cloud(original, name):
    root = original(name)
    whole, head, test = (build(name, root, **more) for more in ({}, {'num_points': 100}, {'split': 'test'}))
    for index in range(4):
        assert np.array_equal(head.points(index), whole.points(index)[:100])
        assert np.array_equal(head.normals(index), whole.normals(index)[:100])
    more = len(whole.points(0)) + 1
    if name == 'off':  # which are drawn
        assert build(name, root, num_points=more).points(0).shape == (more, 3)
    else:
        assert f'num_points={more}, but' in refused(build, name, root, num_points=more)
    assert len({whole.fingerprint, head.fingerprint, test.fingerprint}) == 3


@each
def test_the_fingerprint_follows_the_content(copied, name):
    root = copied(name)
    dataset = build(name, root)
    assert build(name, root).fingerprint == dataset.fingerprint
    suffix = SAMPLES[name].victim(root).suffix
    move(Path(dataset.source(0).rpartition(suffix)[0] + suffix), (0, 0.01, 0), slice(7, 8))
    assert build(name, root).fingerprint != dataset.fingerprint


@each
def test_map_coordinates_are_moved_before_the_cast(copied, name):
    root = copied(name)
    path = SAMPLES[name].victim(root)
    near = build(name, root)
    index = next(index for index in range(len(near)) if near.source(index).startswith(str(path)))
    expected = pdist(near.points(index)[:200])
    move(path, (691_607.0, 5_334_760.0, 519.0))
    far = build(name, root).points(index)
    assert far.dtype == np.float32
    np.testing.assert_allclose(pdist(far[:200]), expected, atol=4e-6)


@each
def test_a_seed_repeats_an_epoch_of_a_worker(original, name):
    dataset = build(name, original(name)).subset(range(6))

    def epoch():
        torch.manual_seed(7)
        return list(DataLoader(dataset, 4, shuffle=True, num_workers=1, collate_fn=dataset.collate))

    for left, right in zip(epoch(), epoch(), strict=True):
        assert torch.equal(left['points'], right['points'])
        assert torch.equal(left['label'], right['label'])


@each
def test_a_file_that_is_cut_off_is_named(copied, name):
    root = copied(name)
    path = SAMPLES[name].victim(root)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    message = refused(read_all, name, root)
    assert message.startswith(str(path))
    assert message.endswith('fetch it again')


WRONG = {
    'hdf5': ('ModelNet: ', [{'split': 'val'}, {'num_classes': 20}, {'layout': 'npy'}, {'num_points': 0}]),
    'few shot': (
        'ModelNetFewShot: split ',
        [{'ways': 0}, {'shots': 0}, {'fold': -1}, {'split': 'val'}, {'num_points': 0}],
    ),
    'ScanObjectNN': ('one of train, test, variant', [{'split': 'val'}, {'variant': 'hardest'}]),
    'ModelNetC': ('choose one of clean, scale, jitter, rotate, dropout_global', [{'corruption': 'drop'}]),
    'ModelNet40C': ('choose one of original, occlusion, lidar', [{'corruption': 'scale'}]),
    'ShapeNetPart': (
        'one of train, val, trainval, test, sampling',
        [{'split': 'all'}, {'sampling': 'fps'}, {'num_points': 0}],
    ),
    'ShapeNet55': (
        'train, test, train+test, 0 < fraction <= 1',
        [{'split': 'val'}, {'fraction': 0.0}, {'fraction': 1.5}, {'views': 0}],
    ),
}


@pytest.mark.parametrize('name', WRONG)
def test_wrong_arguments_are_usage_errors(original, name):
    words, wrong = WRONG[name]
    for options in wrong:
        assert words in refused(build, name, original(name), **options)
