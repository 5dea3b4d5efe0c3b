from __future__ import annotations

import json
import math

import pytest
import torch
from mmengine import Config
from mmengine.hooks import Hook
from safetensors import safe_open

from zoo.errors import UsageError

BY_ITERATION = {'convert_to_iter_based': True}


class RecordHook(Hook):
    """Keeps rates, decays and moments of every iteration."""

    def __init__(self):
        self.rates = {}

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        groups = runner.optim_wrapper.param_groups
        self.rates[runner.iter] = [(group['lr'], group['weight_decay'], group['betas']) for group in groups]


@pytest.fixture
def recorded(train):
    """Train as ``train`` does; returns what a ``RecordHook`` kept, and the runner."""

    def run(*arguments, **settings):
        hook = RecordHook()
        runner = train(*arguments, hooks=[hook], **settings)
        return hook.rates, runner

    return run


def cosine(step, total, warm_up, peak):
    """Independent of the code under test."""
    if step < warm_up:
        return 1e-6 + (peak - 1e-6) * step / warm_up
    return 1e-6 + (peak - 1e-6) * (1 + math.cos(math.pi * step / total)) / 2


SCHEDULES = {
    'by epoch': ({'type': 'WarmupCosine', 'warmup': 1}, lambda i: cosine(i // 6, 4, 1, 0.01)),
    'by iteration': ({'type': 'WarmupCosine', 'warmup': 1, **BY_ITERATION}, lambda i: cosine(i, 24, 6, 0.01)),
    'a share': ({'type': 'WarmupCosine', 'warmup': '1/3'}, lambda i: cosine(i, 24, 8, 0.01)),
    'recursive cosine': (
        {'type': 'CosineAnnealingLR', **BY_ITERATION},
        lambda i: 0.01 * (1 + math.cos(math.pi * i / 24)) / 2,
    ),
    'steps': ({'type': 'StepLR', 'step_size': '1/8', 'gamma': 0.5}, lambda i: 0.01 * 0.5 ** (i // 3)),
    'a chain': (
        [
            {'type': 'LinearLR', 'start_factor': 0.5, 'by_epoch': False, 'end': 13},
            {'type': 'MultiStepLR', 'milestones': [3], 'gamma': 0.1},
        ],
        lambda i: 0.01 * min(1, 0.5 + i / 24) * 0.1 ** (i >= 18),
    ),
}


@pytest.mark.parametrize(('schedule', 'expected'), SCHEDULES.values(), ids=SCHEDULES)
def test_a_longer_run_goes_on_at_the_rates_of_its_length(recorded, schedule, expected):
    def edit(config):
        config.param_scheduler = schedule
        config.train_cfg.val_interval = 100

    recorded('run', {'train_cfg.max_epochs': 2}, edit)
    rates, resumed = recorded('run', {'train_cfg.max_epochs': 4}, edit, resume='auto')
    unbroken, _ = recorded('unbroken', {'train_cfg.max_epochs': 4}, edit)
    assert list(rates) == list(range(12, 24))
    assert all(rates[step] == unbroken[step] for step in rates)
    for step, groups in rates.items():
        assert groups[0][0] == pytest.approx(expected(step), rel=1e-6), step
    assert resumed.epoch == 4


def test_length_and_schedule_may_be_given_together(recorded):
    """Four epochs, then four more of eight."""
    four, eight = ({'train_cfg.max_epochs': n, 'param_scheduler.total': n} for n in (4, 8))
    recorded('run', four)
    rates, _ = recorded('run', eight, resume='auto')
    assert [rates[step][0][0] for step in rates] == pytest.approx([cosine(step, 48, 6, 0.01) for step in rates])


def test_rate_decay_and_moments_are_those_of_the_config_and_said(recorded, tmp_path, capsys):
    recorded('run', {'train_cfg.max_epochs': 2})
    changed = {'optim_wrapper.optimizer.lr': 0.003, 'optim_wrapper.optimizer.weight_decay': 0.2}
    rates, _ = recorded('run', {**changed, 'optim_wrapper.optimizer.betas': [0.8, 0.9]}, resume='auto')
    said = capsys.readouterr().err
    for line in (
        'resumed with another optim_wrapper.optimizer.lr: 0.003, before 0.01',
        'resumed with another optim_wrapper.optimizer.weight_decay: 0.2, before 0.05',
        'resumed with another optim_wrapper.optimizer.betas: [0.8, 0.9], before nothing',
        'resumed with another train_cfg.max_epochs: 4, before 2',
    ):
        assert line in said.splitlines()
    for step, groups in rates.items():
        assert all(betas == (0.8, 0.9) for _, _, betas in groups)
        assert {decay for _, decay, _ in groups} == {0.0, 0.2}
        assert groups[0][0] == pytest.approx(cosine(step, 24, 6, 0.003))
        assert groups[-2][0] == pytest.approx(cosine(step, 24, 6, 0.03)), 'the head'
    dumped = Config.fromfile(tmp_path / 'run' / 'dummy_config.py')
    assert dumped.optim_wrapper.optimizer.lr == 0.003
    assert dumped.resumed[0].epoch == 2
    assert dumped.resumed[0].before['optim_wrapper.optimizer.lr'] == 0.01
    with safe_open(tmp_path / 'run' / 'weights.safetensors', 'pt') as file:
        header = file.metadata()
    assert json.loads(header['resumed'])[0]['before']['train_cfg.max_epochs'] == 2
    # A third recipe is one more entry; a resume without a change is none.
    recorded('run', {**changed, 'optim_wrapper.optimizer.betas': [0.8, 0.9], 'train_cfg.max_epochs': 5}, resume='auto')
    recorded('run', {**changed, 'optim_wrapper.optimizer.betas': [0.8, 0.9], 'train_cfg.max_epochs': 5}, resume='auto')
    assert [entry.epoch for entry in Config.fromfile(tmp_path / 'run' / 'dummy_config.py').resumed] == [2, 4]


def test_what_did_not_change_leaves_no_trace(train, tmp_path, capsys):
    train('run')
    unbroken = safe_open(tmp_path / 'run' / 'weights.safetensors', 'pt').metadata()
    train('run', resume='auto')
    assert safe_open(tmp_path / 'run' / 'weights.safetensors', 'pt').metadata() == unbroken
    assert 'another' not in capsys.readouterr().err
    # The dumped config of a run begins another one, without its history.
    dumped = Config.fromfile(tmp_path / 'run' / 'dummy_config.py')
    assert 'resumed' not in dumped


@pytest.mark.parametrize(
    'options',
    [
        {'randomness.seed': 4},
        {'model.noise': 0.0},
        {'model.width': 16},
        {'train_dataloader.dataset.num_objects': 12},
        {'train_dataloader.dataset.seed': 1},
        {'train_dataloader.sampler.shuffle': False},
        {'optim_wrapper.paramwise_cfg.lr_scale': {'^head': 3}},
        {'optim_wrapper.optimizer.type': 'Adam'},
        {'optim_wrapper.optimizer.amsgrad': True},
        {'train_cfg': {'_delete_': True, 'by_epoch': False, 'max_iters': 48}},
    ],
    ids=lambda options: next(iter(options)),
)
def test_what_cannot_change_is_refused_before_anything_is_written(train, tmp_path, options):
    train('run', {'train_cfg.max_epochs': 1})
    before = {path: path.read_bytes() for path in (tmp_path / 'run').glob('*.*') if path.is_file()}
    with pytest.raises(UsageError, match=f'cannot change {next(iter(options))}.* --weights and another --work-dir'):
        train('run', options, resume='auto')
    assert all(path.read_bytes() == content for path, content in before.items())


def test_a_place_may_change_where_the_data_are_the_same(train, tmp_path):
    """The dummy has no place, so its record of one is edited."""
    train('run', {'train_cfg.max_epochs': 1})
    path = tmp_path / 'run' / 'epoch_1.pth'
    content = torch.load(path, weights_only=True)
    settings = json.loads(content['meta']['settings'])
    settings['train_dataloader']['dataset']['cache_dir'] = '/elsewhere'
    content['meta']['settings'] = json.dumps(settings)
    torch.save(content, path)
    content['meta']['dataset_meta']['fingerprint'] = 'other'
    torch.save(content, tmp_path / 'other.pth')
    with pytest.raises(UsageError, match=r'cache_dir .* the data there are others'):
        train('run', resume=str(tmp_path / 'other.pth'))
    assert train('run', resume='auto').epoch == 4


def test_lengths_that_leave_nothing_to_train(train):
    train('run', {'train_cfg.max_epochs': 2})
    with pytest.raises(UsageError, match=r'has made 12 iterations, more than the 6'):
        train('run', {'train_cfg.max_epochs': 1}, resume='auto')
    with pytest.raises(UsageError, match=r'nothing is left to train with another optim_wrapper\.optimizer\.lr'):
        train('run', {'train_cfg.max_epochs': 2, 'optim_wrapper.optimizer.lr': 0.1}, resume='auto')
    assert train('run', {'train_cfg.max_epochs': 2}, resume='auto').iter == 12


def test_another_batch_size_begins_at_an_epoch(recorded, capsys):
    recorded('run', {'train_cfg.max_epochs': 2})
    rates, runner = recorded('run', {'train_dataloader.batch_size': 3}, resume='auto')
    assert list(rates) == list(range(16, 32))
    assert runner.epoch == 4
    assert [rates[step][0][0] for step in rates] == pytest.approx([cosine(step, 32, 8, 0.01) for step in rates])
    assert 'an epoch has 8 iterations now, before 6' in capsys.readouterr().err


def test_a_schedule_that_follows_measurements_keeps_them(recorded):
    def edit(config):
        config.param_scheduler = {'type': 'ReduceOnPlateauLR', 'monitor': 'oa', 'rule': 'less', 'patience': 0}

    unbroken, _ = recorded('unbroken', {'train_cfg.max_epochs': 6}, edit)
    recorded('run', {'train_cfg.max_epochs': 3}, edit)
    with pytest.raises(UsageError, match='ReduceOnPlateauLR goes by what was measured'):
        recorded('run', {'train_cfg.max_epochs': 6, 'optim_wrapper.optimizer.lr': 0.1}, edit, resume='auto')
    rates, _ = recorded('run', {'train_cfg.max_epochs': 6}, edit, resume='auto')
    assert all(rates[step] == unbroken[step] for step in rates)
    assert len({groups[0][0] for groups in unbroken.values()}) > 1


def test_weights_of_the_beginning_stay_in_the_record(train, tmp_path, capsys):
    train('first', {'train_cfg.max_epochs': 1})
    weights = str(tmp_path / 'first' / 'weights.safetensors')
    train('run', {'train_cfg.max_epochs': 1}, weights=weights)
    resumed = train('run', resume='auto')
    assert resumed.cfg.weights == weights
    resumed = train('run', {'train_cfg.max_epochs': 5}, resume='auto', weights='others.pth')
    assert 'does not read --weights others.pth: it began from' in capsys.readouterr().err
    assert resumed.cfg.weights == weights
