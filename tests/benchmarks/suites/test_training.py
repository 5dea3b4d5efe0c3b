from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from benchmarks.suites.job import JOB_TYPES, Task
from benchmarks.suites.training import LOSS_POINTS, pretrain_student
from tests.layouts import write_pack
from zoo.engine import CheckpointHook
from zoo.hub import get_model
from zoo.hub.index import find_entry
from zoo.io import file_hash
from zoo.tensors import read_tensors, tensor_digest

EPOCHS = 4


def task(out, path, **more):
    settings = {
        'dataset': {'type': 'ShapePack', 'points': str(path), 'split': 'train'},
        'fingerprint': 'f',
        'data': 'a pack',
        'fraction': 100,
        'draw': 0,
        'objects': 30,
        'student': 'point-mae-nano',
        'options': {'model.backbone.depth': 1},
        'offline': True,
        'epochs': EPOCHS,
        'batch_size': 16,
        'seed': 3,
        'config_sha256': 'c',
    }
    return Task('key', {**settings, **more}, {}, out)


SNAPSHOTS = {'snapshots': [1, 2, EPOCHS]}


@pytest.fixture(scope='module')
def pack(tmp_path_factory):
    return write_pack(tmp_path_factory.mktemp('pack') / 'pack.npz', 40, num_points=64)


@pytest.fixture(scope='module')
def unbroken(tmp_path_factory, pack):
    out = tmp_path_factory.mktemp('unbroken')
    return out, pretrain_student(task(out, pack, **SNAPSHOTS)).value


def test_snapshots_differ_and_the_last_is_the_result(unbroken):
    out, value = unbroken
    assert set(value['snapshots']) == {'1', '2', str(EPOCHS)}
    assert value['snapshots'][str(EPOCHS)] == value['weights']
    assert value['digest'] == tensor_digest(load_file(out / value['weights']))
    states = [read_tensors(out / path) for path in value['snapshots'].values()]
    assert len({tuple(sorted(state)) for state in states}) == 1
    assert len({float(state['backbone.norm.weight'].double().sum()) for state in states}) == 3
    assert not list(out.rglob('*.pth'))
    assert value['about']['epochs'] == EPOCHS
    assert value['about']['objects'] > 0
    assert 'loss' in value['losses']
    for curve in value['losses'].values():
        assert 0 < len(curve) <= LOSS_POINTS
        assert [step for step, _ in curve] == sorted({step for step, _ in curve})


def test_it_ends_where_the_plain_pretraining_ends(unbroken, tmp_path, pack):
    out, value = unbroken
    plain = pretrain_student(task(tmp_path, pack)).value
    assert 'snapshots' not in plain
    ours, theirs = load_file(out / value['weights']), load_file(tmp_path / plain['weights'])
    assert all(ours[name].equal(theirs[name]) for name in theirs)
    assert {**value['about'], 'config_sha256': ''} == {**plain['about'], 'config_sha256': ''}


def test_a_run_that_was_killed_leaves_the_same_snapshots(unbroken, tmp_path, pack, monkeypatch):
    whole = CheckpointHook.after_train_epoch

    def killed(self, runner):
        whole(self, runner)
        if runner.epoch + 1 == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(CheckpointHook, 'after_train_epoch', killed)
    with pytest.raises(KeyboardInterrupt):
        pretrain_student(task(tmp_path, pack, **SNAPSHOTS))
    monkeypatch.undo()
    value, (out, expected) = pretrain_student(task(tmp_path, pack, **SNAPSHOTS)).value, unbroken
    assert value['snapshots'] == expected['snapshots']
    for path in value['snapshots'].values():
        first, second = load_file(out / path), load_file(tmp_path / path)
        assert all(first[name].equal(second[name]) for name in first)


def test_a_job_that_was_killed_at_its_end_is_not_trained_again(unbroken, pack, monkeypatch):
    out, value = unbroken
    monkeypatch.setattr(CheckpointHook, 'before_train', None)
    assert pretrain_student(task(out, pack, **SNAPSHOTS)).value == value


def test_released_weights_stand_for_a_pretraining(tmp_path):
    entry = find_entry('smc-nano_procedural')
    outcome = JOB_TYPES['released'].run(Task('key', {'name': entry.name, 'sha256': entry.sha256}, {}, tmp_path))
    assert outcome.files == [outcome.value['weights']]
    assert file_hash(tmp_path / outcome.value['weights']) == entry.sha256
    about = outcome.value['about']
    assert (about['epochs'], about['objects'], about['fingerprint']) == (entry.epochs, entry.objects, entry.fingerprint)
    points = torch.randn(2, 512, 3, generator=torch.Generator().manual_seed(0))
    found = get_model(tmp_path / outcome.value['weights'], features_only=True)(points)
    assert torch.equal(found, get_model(entry.name, pretrained=True, features_only=True)(points))
