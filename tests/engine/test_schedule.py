from __future__ import annotations

import re

import pytest
import torch

from tests.refusals import refused
from zoo.compat import ensure_torchvision
from zoo.engine import WarmupCosine
from zoo.engine.schedule import fit

ensure_torchvision()
from timm.scheduler import CosineLRScheduler  # noqa: E402


def make_optimizer(*rates):
    groups = [{'params': [torch.nn.Parameter(torch.ones(1))], 'lr': rate} for rate in rates]
    return torch.optim.AdamW(groups, lr=rates[0])


def rates_of(optimizer):
    return [group['lr'] for group in optimizer.param_groups]


def run(optimizer, steps, **settings):
    """Rates in use at every step, as mmengine steps: once after each."""
    scheduler, history = WarmupCosine(optimizer, **settings), []
    for _ in range(steps):
        history.append(rates_of(optimizer))
        optimizer.step()
        scheduler.step()
    return history


@pytest.mark.parametrize(('total', 'warmup'), [(300, 10), (20, 0), (7, 3), (5, 9)])
def test_rates_are_those_of_timm(total, warmup):
    """Three groups, one of them scaled tenfold, beyond the end."""
    ours = run(make_optimizer(5e-4, 5e-3, 2e-6), total + 3, total=total, warmup=warmup, warmup_lr=1e-6, min_lr=1e-6)
    optimizer = make_optimizer(5e-4, 5e-3, 2e-6)
    oracle = CosineLRScheduler(optimizer, total, lr_min=1e-6, warmup_t=warmup, warmup_lr_init=1e-6, cycle_limit=1)
    for epoch, rates in enumerate(ours):
        oracle.step(epoch)
        assert rates == pytest.approx(rates_of(optimizer), rel=1e-12)


def test_reference_offset_is_timm_stepped_after_the_epoch_with_its_number():
    settings = {'total': 300, 'warmup': 10, 'warmup_lr': 1e-6, 'min_lr': 1e-6}
    ours = run(make_optimizer(5e-4, 5e-3), 301, reference_offset=True, **settings)
    optimizer = make_optimizer(5e-4, 5e-3)
    oracle = CosineLRScheduler(optimizer, 300, lr_min=1e-6, warmup_t=10, warmup_lr_init=1e-6, cycle_limit=1)
    for epoch, rates in enumerate(ours):
        assert rates == pytest.approx(rates_of(optimizer), rel=1e-12), epoch
        oracle.step(epoch)
    assert ours[0] == ours[1] == [1e-6, 1e-6]


def test_a_share_is_a_number_at_its_length_and_follows_another():
    schedule = {'type': 'MultiStepLR', 'milestones': ['60/90', '80/90'], 'begin': 3}
    assert fit(schedule, 90, 900, 10) == {'type': 'MultiStepLR', 'milestones': [60, 80], 'begin': 3}
    shorter = fit(schedule, 10, 100, 10)
    assert shorter == {'type': 'MultiStepLR', 'milestones': [67, 89], 'begin': 30, 'by_epoch': False}
    assert fit([schedule], 10, 100, 10) == [shorter]
    assert fit({'a': schedule, 'b': [schedule]}, 10, 100, 10) == {'a': shorter, 'b': [shorter]}
    assert fit({'type': 'StepLR', 'step_size': '1/300'}, 2, 4, 2)['step_size'] == 1
    assert fit({'type': 'WarmupCosine', 'warmup': '0/300'}, 2, 4, 2)['warmup'] == 0
    # Iterations: a share of them, while numbers are what they are.
    counted = {'type': 'WarmupCosine', 'warmup': '1/10', 'total': 500, 'by_epoch': False}
    assert fit(counted, None, 400, 10) == counted | {'warmup': 40}
    assert fit({'type': 'WarmupCosine', 'warmup': '3/60'}, None, 400, 10)['warmup'] == 20
    assert fit({'type': 'StepLR', 'step_size': 3, 'convert_to_iter_based': True}, None, 400, 10)['step_size'] == 30
    assert 'by_epoch' not in fit({'type': 'WarmupCosine', 'warmup': 5}, 10, 100, 10)


@pytest.mark.parametrize(
    ('schedule', 'epochs', 'message'),
    [
        ({'warmup': 'ten'}, 10, "not 'ten'"),
        ({'warmup': '3/0'}, 10, "not '3/0'"),
        ({'warmup': 5}, None, 'WarmupCosine counts epochs'),
        ({'type': 'ExponentialLR', 'gamma': 0.9}, None, 'ExponentialLR counts epochs'),
        ({'by_epoch': False, 'convert_to_iter_based': True}, 10, 'leave out by_epoch=False'),
    ],
)
def test_lengths_that_mean_nothing_are_refused(schedule, epochs, message):
    assert re.search(message, refused(fit, {'type': 'WarmupCosine', **schedule}, epochs, 100, 10))


def test_length_of_the_training_is_the_default():
    assert run(make_optimizer(1.0), 8, end=8, min_lr=0.0) == run(make_optimizer(1.0), 8, total=8, min_lr=0.0)


def test_proportional_scales_the_ends_with_the_group():
    history = run(make_optimizer(1e-2, 1e-4), 11, total=10, warmup=2, warmup_lr=1e-3, min_lr=1e-3, proportional=True)
    assert all(small == pytest.approx(large / 100) for large, small in history)
    absolute = run(make_optimizer(1e-2, 1e-4), 11, total=10, warmup=2, warmup_lr=1e-3, min_lr=1e-3)
    assert absolute[-1] == [1e-3, 1e-3]


@pytest.mark.parametrize(
    'settings',
    [{}, {'total': 0}, {'total': 5, 'warmup': -1}, {'total': 5, 'by_epoch': False, 'reference_offset': True}],
)
def test_lengths_that_cannot_be_are_refused(settings):
    assert 'WarmupCosine' in refused(WarmupCosine, make_optimizer(1e-2), **settings)
