from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import torch
from mmengine.hooks import Hook

from tests.refusals import refused
from zoo.engine import latest_checkpoint, read_checkpoint
from zoo.errors import UsageError


class Killed(BaseException):
    """Stands for a SIGKILL: no handler of the code under test runs on."""


class Saboteur:
    """Kills at the k-th operation on files, before or after it is done."""

    def __init__(self, monkeypatch, when, moment):
        self.left, self.moment = when, moment
        for owner, name in [(Path, 'replace'), (Path, 'unlink'), (os, 'fsync')]:
            monkeypatch.setattr(owner, name, self.wrap(getattr(owner, name)))

    def wrap(self, operation):
        def watched(*arguments, **options):
            self.left -= 1
            if self.left == -1 and self.moment == 'before':
                raise Killed
            result = operation(*arguments, **options)
            if self.left == -1:
                raise Killed
            return result

        return watched


@pytest.mark.slow
@pytest.mark.parametrize('moment', ['before', 'after'])
def test_a_kill_at_any_moment_leaves_the_newest_checkpoint_loadable(train, tmp_path, moment):
    """Two epochs with a best checkpoint each, killed at every one of their operations on files."""
    survived, when = False, 0
    while not survived:
        name = f'{moment}-{when}'
        with pytest.MonkeyPatch.context() as patch:
            saboteur = Saboteur(patch, when, moment)
            try:
                train(name, {'train_cfg.max_epochs': 2, 'custom_hooks': [{'type': 'IterationSeedHook'}]})
                survived = saboteur.left >= 0
            except Killed:
                pass
        newest = latest_checkpoint(tmp_path / name)
        complete = [path for path in (tmp_path / name).glob('*.pth') if path.name[0] != '.']
        for path in complete:
            read_checkpoint(path)
        assert (newest is None) == (not [path for path in complete if path.name.startswith('epoch')])
        if newest is not None:
            hub = read_checkpoint(newest)['message_hub']['runtime_info']
            bests = list((tmp_path / name).glob('best_*.pth'))
            assert bests or 'best_score' not in hub, when
        when += 1
    assert when > 8


def globals_in(path):
    """What a file needs besides tensors and plain values, whatever was allowed before."""
    allowed = torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()
    try:
        return torch.serialization.get_unsafe_globals_in_checkpoint(path)
    finally:
        torch.serialization.add_safe_globals(allowed)


def test_a_checkpoint_holds_only_tensors_and_plain_values(train, tmp_path):
    train('run')
    for path in (tmp_path / 'run').glob('*.pth'):
        assert globals_in(path) == []


def test_only_the_wanted_number_is_kept(train, tmp_path):
    train('run', {'default_hooks.checkpoint.max_keep_ckpts': 2})
    assert sorted(path.name for path in (tmp_path / 'run').glob('epoch_*.pth')) == ['epoch_3.pth', 'epoch_4.pth']
    assert len(list((tmp_path / 'run').glob('best_*.pth'))) == 1
    train('run', {'default_hooks.checkpoint.max_keep_ckpts': 2, 'train_cfg.max_epochs': 5}, resume='auto')
    assert sorted(path.name for path in (tmp_path / 'run').glob('epoch_*.pth')) == ['epoch_4.pth', 'epoch_5.pth']
    assert len(list((tmp_path / 'run').glob('best_*.pth'))) == 1


def test_resume_restores_the_best_score(train, tmp_path):
    """Parity: the reference starts again from 0 and takes the first epoch after a resume for the best."""
    first = train('run', {'train_cfg.max_epochs': 3})
    best = first.message_hub.get_info('best_score')
    kept = next((tmp_path / 'run').glob('best_*.pth'))
    still = {'optim_wrapper.optimizer.lr': 0.0, 'val_dataloader.dataset.num_objects': 1}

    def ruin(config):
        config.val_dataloader.dataset.seed = 99

    class RuinHook(Hook):
        def before_val_epoch(self, runner):
            with torch.no_grad():
                runner.model.head.bias.copy_(torch.tensor([0.0, 0.0, 1e6]))

    resumed = train('run', {**still, 'train_cfg.max_epochs': 4}, ruin, [RuinHook()], resume='auto')
    assert resumed.message_hub.get_info('best_score') == best > 0
    assert kept.is_file()


def test_newest_is_found_after_a_move_and_without_the_pointer(train, tmp_path):
    assert latest_checkpoint(tmp_path / 'nowhere') is None
    train('run', {'default_hooks.checkpoint.max_keep_ckpts': 3})
    (tmp_path / 'run').rename(tmp_path / 'moved')
    newest = tmp_path / 'moved' / 'epoch_4.pth'
    assert latest_checkpoint(tmp_path / 'moved') == newest
    (tmp_path / 'moved' / 'last_checkpoint').write_text('')
    assert latest_checkpoint(tmp_path / 'moved') == newest


def test_a_copy_goes_on_from_what_it_holds(train, tmp_path):
    train('run', {'train_cfg.max_epochs': 3, 'default_hooks.checkpoint.max_keep_ckpts': 3})
    original, copy = tmp_path / 'run', tmp_path / 'copy'
    (original / 'last_checkpoint').write_text(str(original / 'epoch_3.pth'))  # as mmengine writes it
    shutil.copytree(original, copy)
    before = {path: path.read_bytes() for path in original.glob('*.*') if path.is_file()}
    assert latest_checkpoint(copy) == copy / 'epoch_3.pth'
    (copy / 'epoch_3.pth').unlink()
    (copy / 'epoch_1.pth').touch()  # the newest by its time
    assert latest_checkpoint(copy) == copy / 'epoch_2.pth'
    train('copy', {'default_hooks.checkpoint.max_keep_ckpts': 3}, resume='auto')
    assert (copy / 'last_checkpoint').read_text() == 'epoch_4.pth'
    # The best of the original stays, although the copy has found a better one, or the same.
    assert all(path.read_bytes() == content for path, content in before.items())
    for path in copy.glob('*.pth'):
        path.unlink()
    (copy / 'last_checkpoint').write_text(str(original / 'epoch_3.pth'))
    assert latest_checkpoint(copy) is None


def test_a_copy_leaves_the_best_of_the_original_alone(train, tmp_path):
    """A worse best score in the record lets the next validation find a better one."""
    train('run', {'train_cfg.max_epochs': 2})
    best = next((tmp_path / 'run').glob('best_*.pth'))
    shutil.copytree(tmp_path / 'run', tmp_path / 'copy')
    content = torch.load(tmp_path / 'copy' / 'epoch_2.pth', weights_only=True)
    content['message_hub']['runtime_info']['best_score'] = -1.0
    content['message_hub']['runtime_info']['best_ckpt'] = str(best)
    torch.save(content, tmp_path / 'copy' / 'epoch_2.pth')
    train('copy', resume='auto')
    assert best.is_file()
    (own,) = (tmp_path / 'copy').glob('best_*.pth')
    assert read_checkpoint(tmp_path / 'copy' / 'epoch_4.pth')['message_hub']['runtime_info']['best_ckpt'] == str(own)


def test_checkpoints_kept_elsewhere_are_found(train, tmp_path):
    train('run', {'default_hooks.checkpoint.out_dir': str(tmp_path / 'store'), 'train_cfg.max_epochs': 1})
    assert latest_checkpoint(tmp_path / 'run') == tmp_path / 'store' / 'run' / 'epoch_1.pth'


def test_a_broken_checkpoint_is_named(train, tmp_path):
    train('run')
    path = tmp_path / 'run' / 'epoch_4.pth'
    content = path.read_bytes()
    for broken in (content[: len(content) // 2], b'', b'no checkpoint'):
        path.write_bytes(broken)
        assert 'epoch_4.pth is broken' in refused(train, 'run', resume='auto')
    assert 'nowhere.pth does not exist' in refused(train, 'run', resume=str(tmp_path / 'nowhere.pth'))
    torch.save([1, 2], path)
    assert 'holds a list' in refused(train, 'run', resume='auto')


def test_resume_wants_a_whole_state_of_the_same_model(train, tmp_path):
    train('run')
    with pytest.raises(UsageError, match=r'holds no training state .* start from it with --weights'):
        train('other', resume=str(next((tmp_path / 'run').glob('best_*.pth'))))
    assert 'cannot change model.width' in refused(train, 'run', {'model.width': 4}, resume='auto')
    content = torch.load(tmp_path / 'run' / 'epoch_4.pth', weights_only=True)
    del content['state_dict']['head.bias']
    torch.save(content, tmp_path / 'run' / 'epoch_4.pth')
    assert 'does not fit the model of the config' in refused(train, 'run', resume='auto')


def test_checkpoints_of_mmengine_itself_are_read(train, tmp_path):
    train(
        'run', {'default_hooks.checkpoint.type': 'mmengine.CheckpointHook', 'default_hooks.checkpoint.save_best': None}
    )
    newest = latest_checkpoint(tmp_path / 'run')
    assert 'mmengine.logging.history_buffer.HistoryBuffer' in globals_in(newest)
    resumed = train('run', {'train_cfg.max_epochs': 5}, resume='auto')
    assert resumed.epoch == 5
