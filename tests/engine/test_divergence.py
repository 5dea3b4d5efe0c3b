from __future__ import annotations

import pytest
import torch
from mmengine.hooks import Hook

from zoo.config import load_config
from zoo.engine import latest_checkpoint
from zoo.engine.cli import run_cli
from zoo.engine.divergence import not_finite
from zoo.errors import Diverged
from zoo.ops import validate

HUGE = {'param_scheduler.convert_to_iter_based': False, 'optim_wrapper.optimizer.lr': 1e30}
"""After an epoch of warm-up at 1e-6."""


def finite(path):
    return not not_finite(torch.load(path, weights_only=True))


def sabotage(act, moment):
    """A hook that calls ``act(runner)`` at a moment of epoch 2, before all others."""

    def poison(runner, **_):
        if runner.epoch == 1:
            act(runner)

    hook = Hook()
    hook.priority = 'HIGHEST'
    setattr(hook, moment, poison)
    return hook


def test_a_loss_that_is_not_finite_ends_in_one_line(train, tmp_path, capsys):
    assert run_cli(lambda _: train('run', HUGE) and None) == 1
    *_, error = capsys.readouterr().err.splitlines()
    assert error.startswith('error: training diverged in epoch 2, iteration ')
    assert 'loss ' in error
    assert '; samples ' in error
    assert 'epoch_1.pth is from before: go on from it by --resume with a lower rate, e.g. --cfg-options' in error
    assert [path.name for path in (tmp_path / 'run').glob('*.pth') if 'best' not in path.name] == ['epoch_1.pth']
    assert finite(tmp_path / 'run' / 'epoch_1.pth')
    assert not (tmp_path / 'run' / 'weights.safetensors').exists()
    train('run', HUGE | {'optim_wrapper.optimizer.lr': 0.01}, resume='auto')
    assert finite(tmp_path / 'run' / 'epoch_4.pth')


def parameters(runner):
    runner.model.token.data.fill_(float('inf'))


def moments(runner):
    next(iter(runner.optim_wrapper.optimizer.state.values()))['exp_avg_sq'].fill_(float('inf'))


def statistics(runner):
    runner.model.backbone[1].running_var.fill_(float('nan'))


@pytest.mark.parametrize('act', [parameters, moments, statistics])
def test_no_checkpoint_is_written_with_a_number_that_is_not_finite(train, tmp_path, act):
    """The losses of the epoch were fine."""
    with pytest.raises(Diverged, match=r'epoch 2, iteration 13: .* is not finite\. .*epoch_1\.pth is from before'):
        train('run', hooks=[sabotage(act, 'after_train_epoch')])
    newest = latest_checkpoint(tmp_path / 'run')
    assert newest.name == 'epoch_1.pth'
    assert finite(newest)
    assert finite(next((tmp_path / 'run').glob('best_*.pth')))


def test_coordinates_on_a_gpu_that_are_not_finite_end_a_run_at_the_next_line(train, monkeypatch):
    monkeypatch.setattr(validate, '_largest', {})
    hook = sabotage(lambda _: validate._note((torch.full((1, 2, 3), torch.nan),)), 'before_train_epoch')
    with pytest.raises(Diverged, match=r'epoch 2, .*: NaN or infinite coordinates came to zoo.ops'):
        train('run', hooks=[hook])


def test_no_weights_are_exported_with_a_number_that_is_not_finite(train, tmp_path):
    with pytest.raises(Diverged, match='token is not finite'):
        train('run', {'train_cfg.max_epochs': 1}, hooks=[sabotage(parameters, 'after_train')])
    assert not (tmp_path / 'run' / 'weights.safetensors').exists()


def test_a_step_that_fails_for_want_of_finite_numbers_is_told_from_a_fault(train):
    def fail(runner):
        raise_in_forward(runner, ValueError('a: NaN or infinite coordinates at batch index 0'))

    with pytest.raises(Diverged, match=r'a: NaN or infinite coordinates at batch index 0; samples \d+, '):
        train('run', hooks=[sabotage(fail, 'before_train_iter')])

    def fault(runner):
        raise_in_forward(runner, ValueError('a fault of the code'))

    with pytest.raises(ValueError, match='a fault of the code'):
        train('other', hooks=[sabotage(fault, 'before_train_iter')])


def raise_in_forward(runner, error):
    def forward(*args, **kwargs):
        raise error

    runner.model.forward = forward


def test_points_of_the_data_are_blamed_where_they_are_at_fault(train):
    def break_cloud(runner):
        runner.train_dataloader.dataset.clouds[7, 5] = float('nan')

    with pytest.raises(Diverged, match=r'samples (\d+, )*7(, \d+)*\. The points of 7 are not finite in the data'):
        train('run', hooks=[sabotage(break_cloud, 'before_train_epoch')])


def test_iterations_are_watched_too(train):
    def edit(config):
        config.train_cfg = {'by_epoch': False, 'max_iters': 20, 'val_interval': 100}
        config.param_scheduler = {'type': 'WarmupCosine', 'warmup': 5, 'by_epoch': False}
        config.default_hooks.checkpoint = {'type': 'CheckpointHook', 'by_epoch': False, 'interval': 1}
        config.optim_wrapper.optimizer.lr = 1e38

    with pytest.raises(Diverged, match=r'epoch 1, iteration \d+: .*iter_\d+\.pth is from before'):
        train('run', edit=edit)


def test_a_gradient_scaler_may_skip_steps():
    from types import SimpleNamespace

    from mmengine.logging import MessageHub

    from zoo.engine.divergence import keep_losses, read_losses

    scale = [65536.0]
    wrapper = SimpleNamespace(loss_scaler=SimpleNamespace(get_scale=lambda: scale[0]))
    hub = MessageHub('scaler')
    runner = SimpleNamespace(
        optim_wrapper=wrapper, epoch=0, iter=0, work_dir='nowhere', cfg={}, message_hub=hub, unread=[]
    )
    keep_losses(runner, {'loss': torch.tensor(float('inf'))}, {})
    read_losses(runner)
    assert hub.get_scalar('train/loss').current() == float('inf')
    keep_losses(runner, {'loss': torch.tensor(float('inf'))}, {})
    scale[0] = 0.5
    with pytest.raises(Diverged, match='There is no checkpoint yet: start again with a lower rate'):
        read_losses(runner)


def test_what_is_not_finite_is_found_anywhere():
    assert not_finite({'a': [1.0, {'b': torch.ones(2)}], 'c': torch.tensor([1])}) == ''
    assert not_finite({'a': [1.0, {'b': torch.tensor([1.0, float('nan')])}]}) == 'a.1.b is not finite'


@pytest.mark.parametrize('method', ['point_mae', 'smc'])
def test_real_methods_end_in_the_same_line(tmp_path, method):
    """Point-MAE fails inside of the Chamfer distance, SMC goes on with a loss of nan."""
    from zoo.engine import build_runner, configure

    options = {
        'train_dataloader.dataset.num_objects': 43,
        'train_dataloader.batch_size': 8,
        'data_preprocessor.train.0.num_points': 128,
        'optim_wrapper.optimizer.lr': 1e30,
        'train_cfg.max_epochs': 2,
        'param_scheduler.warmup': 0,
        'model.backbone.depth': 1,
    }
    config = configure(load_config(f'configs/{method}/nano.py', options), work_dir=tmp_path, device='cpu')
    with pytest.raises(Diverged, match=r'training diverged in epoch 1, iteration \d: .*; samples \d+, '):
        build_runner(config).train()
    assert not list(tmp_path.glob('*.pth'))
