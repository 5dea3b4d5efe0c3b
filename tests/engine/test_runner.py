from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
import torch
from mmengine import Config
from safetensors.torch import load_file

from tests.engine.conftest import largest_difference, make_config, state_of
from tests.refusals import refused
from tests.test_io import other_process_claims
from zoo.engine import build_runner, read_checkpoint
from zoo.engine.cli import run_cli
from zoo.errors import UsageError


def test_the_console_is_quiet_and_the_log_file_is_not(train, tmp_path, capsys):
    train('run', {'custom_hooks.1.interval': 1e6})
    output = capsys.readouterr()
    assert output.out == ''
    assert len(output.err.splitlines()) == 2
    log = next((tmp_path / 'run').rglob('*.log')).read_text()
    for expected in ('Environment: zoo', 'Config:', 'Epoch(val) [4][3/3]', 'Saving checkpoint at 4 epochs'):
        assert expected in log
    dumped = Config.fromfile(tmp_path / 'run' / 'dummy_config.py')
    assert dumped.custom_hooks[1].interval == 1e6


def test_runs_of_one_process_share_nothing(train):
    one, other = train('one'), train('other', {'train_cfg.max_epochs': 1})
    assert one.message_hub is not other.message_hub
    assert one.logger is not other.logger
    one.close()
    assert all(handler.stream is None for handler in one.logger.handlers if isinstance(handler, logging.FileHandler))


def with_ema(config):
    config.custom_hooks.append({'type': 'EMAHook', 'momentum': 0.3})


def test_averaged_weights_survive_a_resume(train, tmp_path):
    unbroken = train('unbroken', edit=with_ema)
    train('run', {'train_cfg.max_epochs': 2, 'param_scheduler.total': 4}, with_ema)
    resumed = train('run', {'param_scheduler.total': 4}, with_ema, resume='auto')
    average = [next(hook for hook in run.hooks if type(hook).__name__ == 'EMAHook') for run in (unbroken, resumed)]
    assert largest_difference(*(hook.ema_model.state_dict() for hook in average)) == 0
    assert largest_difference(unbroken.model.state_dict(), resumed.model.state_dict()) == 0
    # What a test of the checkpoint loads is the average.
    expected = average[0].ema_model.module.state_dict()
    assert largest_difference(state_of(tmp_path / 'run' / 'epoch_4.pth'), expected) == 0
    assert largest_difference(load_file(tmp_path / 'run' / 'weights.safetensors'), expected) == 0
    assert largest_difference(unbroken.model.state_dict(), expected) > 1e-4


def test_deterministic_mode_is_on_for_all_of_torch(train):
    runner = train('run', {'randomness.deterministic': True, 'train_cfg.max_epochs': 1})
    assert torch.are_deterministic_algorithms_enabled()
    again = train('again', {'randomness.deterministic': True, 'train_cfg.max_epochs': 1})
    assert largest_difference(runner.model.state_dict(), again.model.state_dict()) == 0


def test_tensorboard_writes_events(train, tmp_path):
    def edit(config):
        config.visualizer = {'type': 'Visualizer', 'vis_backends': [{'type': 'TensorboardVisBackend'}]}

    train('run', {'train_cfg.max_epochs': 1}, edit)
    assert list((tmp_path / 'run').rglob('events.out.tfevents*'))


def test_training_can_start_from_weights(train, tmp_path, capsys):
    trained = train('run')
    started = train(
        'started',
        {'optim_wrapper.optimizer.lr': 0.0, 'model.noise': 0.0},
        weights=str(tmp_path / 'run' / 'weights.safetensors'),
    )
    assert 'tensors loaded' in capsys.readouterr().err
    parameters = dict(started.model.named_parameters())
    for name, parameter in trained.model.named_parameters():
        assert float((parameter - parameters[name]).detach().abs().max()) < 1e-3, name  # warm-up has a rate of its own


def test_the_test_measures_a_checkpoint(train, tmp_path):
    runner = train('run')
    metrics = runner.message_hub.get_scalar('val/oa').current()
    config = make_config(tmp_path / 'test', weights=str(tmp_path / 'run' / 'epoch_4.pth'))
    tester = build_runner(config)
    assert tester.test()['oa'] == pytest.approx(metrics)
    kept = tester.test_evaluator.metrics[0].predictions
    assert kept['logits'].shape == (13, 3)
    assert (kept['index'] == range(13)).all()


def test_a_test_takes_no_part_of_the_weights_for_all(train, tmp_path):
    train('run')
    checkpoint = torch.load(tmp_path / 'run' / 'epoch_4.pth', weights_only=True)
    lost = list(checkpoint['state_dict'])[-1]
    del checkpoint['state_dict'][lost]
    torch.save(checkpoint, tmp_path / 'part.pth')
    for settings in ({'weights': str(tmp_path / 'part.pth')}, {}):
        config = make_config(tmp_path / 'test', **settings)
        config.load_from = None if settings else str(tmp_path / 'part.pth')
        assert re.search(lost, refused(build_runner(config).test))
    assert 'no weights to test' in refused(build_runner(make_config(tmp_path / 'test')).test)


def test_no_code_of_a_checkpoint_is_run(train, tmp_path):
    train('run', {'train_cfg.max_epochs': 1, 'param_scheduler.total': 4})
    path = tmp_path / 'run' / 'epoch_1.pth'
    checkpoint = torch.load(path, weights_only=True)
    mark = tmp_path / 'mark'
    for key in ('config', 'cfg'):
        checkpoint['meta'][key] = f'open({str(mark)!r}, "w")'
    torch.save(checkpoint, tmp_path / 'foreign.pth')
    resumed = train(
        'other', {'train_cfg.max_epochs': 2, 'param_scheduler.total': 4}, resume=str(tmp_path / 'foreign.pth')
    )
    assert resumed.epoch == 2
    assert not mark.exists()


def test_configs_without_a_part_say_so(tmp_path):
    def strip(config):
        for key in ('test_cfg', 'test_dataloader', 'test_evaluator'):
            config.pop(key)

    assert 'dummy_config.py has no test' in refused(build_runner(make_config(tmp_path / 'a', edit=strip)).test)

    def strip_more(config):
        for key in ('train_cfg', 'train_dataloader', 'optim_wrapper', 'param_scheduler'):
            config.pop(key)

    with pytest.raises(UsageError, match=r'dummy_config\.py has no training'):
        build_runner(make_config(tmp_path / 'b', edit=strip_more)).train()


def test_defaults_are_filled_in(tmp_path, monkeypatch):
    from tests.engine.conftest import CONFIG
    from zoo.config import load_config

    monkeypatch.chdir(tmp_path)
    config = load_config(CONFIG)
    config.pop('randomness')
    runner = build_runner(config)
    assert runner.seed == 0
    assert Path(runner.work_dir) == tmp_path / 'work_dirs' / 'dummy_config'


def test_unused_wrappers_are_refused(tmp_path):
    config = make_config(tmp_path / 'run')
    config.model_wrapper_cfg = {'type': 'MMDistributedDataParallel'}
    assert 'find_unused_parameters' in refused(build_runner, config)


def test_workers_do_not_persist_and_strings_are_collated(tmp_path):
    runner = build_runner(make_config(tmp_path / 'run', {'train_dataloader.persistent_workers': True}))
    loader = runner.build_dataloader(dict(runner._train_dataloader) | {'num_workers': 1})
    assert not loader.persistent_workers
    assert loader.worker_init_fn.func.__name__ == 'keep_worker_seed'


def test_resuming_what_has_not_begun_begins(train, capsys):
    runner = train('run', {'train_cfg.max_epochs': 1}, resume='auto')
    assert runner.epoch == 1
    assert 'yet: starting at the beginning' in capsys.readouterr().err


def test_a_set_smaller_than_a_batch_is_one_batch(train):
    runner = train('run', {'train_dataloader.batch_size': 100, 'train_cfg.max_epochs': 2})
    assert runner.iter == 2


@pytest.mark.parametrize('kilobytes', [4, 60, 100, 140])
def test_a_full_disk_ends_in_one_line_and_the_run_goes_on(train, tmp_path, mount, capsys, kilobytes):
    """Full at the log, at the first checkpoint, at the best one, at the second."""
    unbroken = train('unbroken', {'model.width': 64})
    mount(tmp_path / 'run', f'size={kilobytes}k')
    capsys.readouterr()
    assert run_cli(lambda _: train('run', {'model.width': 64}) and None) == 2
    *told, error = capsys.readouterr().err.splitlines()
    assert error.startswith('error: ')
    assert 'No space left on device: make room' in error
    assert str(tmp_path / 'run') in error
    assert not [line for line in told if not line.startswith(('epoch', 'trained'))]
    assert not list((tmp_path / 'run').rglob('.*'))
    for path in (tmp_path / 'run').glob('*.pth'):
        read_checkpoint(path)
    mount(tmp_path / 'run', 'size=4000k')
    resumed = train('run', {'model.width': 64}, resume='auto')
    assert largest_difference(resumed.model.state_dict(), unbroken.model.state_dict()) == 0


def test_two_trainings_do_not_share_a_work_directory(train, tmp_path):
    (tmp_path / 'run').mkdir()
    with other_process_claims(tmp_path / 'run' / '.training') as other:
        with pytest.raises(UsageError, match=rf'run: trained by process {other.pid} on .*: wait for its end'):
            train('run', {'train_cfg.max_epochs': 1})
        assert not list((tmp_path / 'run').glob('*.p*'))
        assert train('another', {'train_cfg.max_epochs': 1}).epoch == 1
    assert train('run', {'train_cfg.max_epochs': 1}).epoch == 1
    assert not (tmp_path / 'run' / '.training').exists()
