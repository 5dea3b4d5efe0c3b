from __future__ import annotations

import hashlib

import pytest
from safetensors.torch import load_file

from benchmarks.protocols.pretrain import NOTE, pretrain
from benchmarks.records.files import write_note
from tests.layouts import write_pack
from zoo.engine import CheckpointHook
from zoo.engine.progress import ProgressHook
from zoo.errors import UsageError
from zoo.io import file_hash


@pytest.fixture
def options(tmp_path):
    path = write_pack(tmp_path / 'pack.npz', 40, num_points=64)
    return {
        'train_dataloader.dataset': {'type': 'ShapePack', 'points': str(path), '_delete_': True},
        'train_dataloader.batch_size': 16,
        'train_cfg.max_epochs': 2,
        'model.backbone.depth': 1,
    }


def test_a_finished_run_is_not_repeated(tmp_path, options, monkeypatch):
    weights = pretrain('configs/point_mae/nano.py', tmp_path / 'run', options, 'cpu')
    written = file_hash(weights)
    assert written == hashlib.sha256(weights.read_bytes()).hexdigest()
    monkeypatch.setattr(ProgressHook, 'before_train', None)
    assert pretrain('configs/point_mae/nano.py', tmp_path / 'run', options, 'cpu') == weights
    assert file_hash(weights) == written


def test_a_folder_of_another_run_is_left_alone(tmp_path, options):
    write_note(tmp_path / 'run' / NOTE, {'config': 'another'})
    with pytest.raises(UsageError, match='run of another config'):
        pretrain('configs/point_mae/nano.py', tmp_path / 'run', options, 'cpu')


@pytest.mark.parametrize('name', ['run.json', 'weights.safetensors', 'epoch_1.pth'])
def test_what_is_damaged_in_an_interrupted_run_is_made_again(tmp_path, options, monkeypatch, name, caplog):
    """Whatever bit of a note, of weights or of a checkpoint is wrong, the run ends where an undisturbed one does."""
    expected = load_file(pretrain('configs/point_mae/nano.py', tmp_path / 'whole', options, 'cpu'))
    after = CheckpointHook.after_train_epoch

    def killed(self, runner):
        after(self, runner)
        if runner.epoch + 1 == 1:
            raise KeyboardInterrupt

    run = tmp_path / 'run'
    options['default_hooks.checkpoint.interval'] = 1
    if name == 'epoch_1.pth':
        monkeypatch.setattr(CheckpointHook, 'after_train_epoch', killed)
        with pytest.raises(KeyboardInterrupt):
            pretrain('configs/point_mae/nano.py', run, options, 'cpu')
        monkeypatch.undo()
    else:
        pretrain('configs/point_mae/nano.py', run, options, 'cpu')
    content = bytearray((run / name).read_bytes())
    content[len(content) // 2] ^= 1
    (run / name).write_bytes(content)
    found = load_file(pretrain('configs/point_mae/nano.py', run, options, 'cpu'))
    assert all(found[key].equal(tensor) for key, tensor in expected.items())
    assert name in caplog.text
