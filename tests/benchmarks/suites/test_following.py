from __future__ import annotations

import pytest
from safetensors.torch import load_file

from benchmarks.suites.following import follow, snapshot_epochs
from benchmarks.suites.job import KINDS, Task
from tests.layouts import write_pack
from zoo.engine import CheckpointHook
from zoo.tensors import read_tensors, tensor_digest

EPOCHS = 4


def task(out, path):
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
        'snapshots': [1, 2, EPOCHS],
    }
    return Task('key', settings, {}, out)


@pytest.fixture(scope='module')
def pack(tmp_path_factory):
    return write_pack(tmp_path_factory.mktemp('pack') / 'pack.npz', 40, num_points=64)


@pytest.fixture(scope='module')
def unbroken(tmp_path_factory, pack):
    out = tmp_path_factory.mktemp('unbroken')
    return out, follow(task(out, pack)).value


def test_epochs_end_with_the_last():
    assert snapshot_epochs(15) == [3, 6, 9, 12, 15]
    assert snapshot_epochs(1) == [1]
    assert snapshot_epochs(8) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert snapshot_epochs(12) == [2, 4, 6, 8, 10, 12]
    for epochs in range(1, 40):
        found = snapshot_epochs(epochs)
        # Those between are written by checkpoints of one interval.
        assert all(epoch % found[0] == 0 for epoch in found[:-1])
        assert found == sorted(set(found))
        assert found[-1] == epochs


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


def test_it_ends_where_the_plain_pretraining_ends(unbroken, tmp_path, pack):
    out, value = unbroken
    plain = KINDS['pretrain'].run(task(tmp_path, pack)).value
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
        follow(task(tmp_path, pack))
    monkeypatch.undo()
    value, (out, expected) = follow(task(tmp_path, pack)).value, unbroken
    assert value['snapshots'] == expected['snapshots']
    for path in value['snapshots'].values():
        first, second = load_file(out / path), load_file(tmp_path / path)
        assert all(first[name].equal(second[name]) for name in first)


def test_a_job_that_was_killed_at_its_end_is_not_trained_again(unbroken, pack, monkeypatch):
    out, value = unbroken
    monkeypatch.setattr(CheckpointHook, 'before_train', None)
    assert follow(task(out, pack)).value == value
