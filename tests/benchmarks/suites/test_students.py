from __future__ import annotations

import itertools

import pytest
import torch

from benchmarks.suites.students import data_options, pretraining_config, stretched
from zoo.config import load_config
from zoo.engine.schedule import fit
from zoo.hub.names import parse_name
from zoo.registry import PARAM_SCHEDULERS

DATA = {'type': 'ProceduralShapes', 'split': 'train', 'num_objects': 43}


def scheduled(student, epochs, epoch_length):
    """Rates of every iteration of a run."""
    options = data_options(pretraining_config(student, {}, True), DATA, epochs, 0, 16)
    config = load_config(parse_name(student).config, options)
    assert config.train_cfg.max_epochs == epochs
    assert config.train_dataloader.batch_size == 16
    settings = fit(config.param_scheduler.to_dict(), epochs, epochs * epoch_length, epoch_length)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=config.optim_wrapper.optimizer.lr)
    schedule = PARAM_SCHEDULERS.build({**settings, 'optimizer': optimizer})
    rates = []
    for step in range(epochs * epoch_length):
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        if not schedule.by_epoch or (step + 1) % epoch_length == 0:
            schedule.step()
    return rates


@pytest.mark.parametrize('student', ['recon-nano', 'recon-tiny', 'smc-nano'])
@pytest.mark.parametrize('epochs', [1, 6, 12])
def test_a_short_run_never_jumps(student, epochs):
    rates = scheduled(student, epochs, 40)
    full, ramp = pretraining_config(student, {}, True).optim_wrapper.optimizer.lr, max(1, epochs * 40 // 10)
    assert max(after - before for before, after in itertools.pairwise(rates)) <= full / ramp
    assert max(rates) >= 0.9 * full
    assert rates.index(max(rates)) in (ramp - 1, ramp)
    assert rates[-1] < 0.02 * full


def test_a_run_of_its_own_length_keeps_the_published_schedule():
    config = pretraining_config('recon-base', {}, True)
    options = data_options(config, DATA, 300, 0)
    assert not [name for name in options if name.startswith('param_scheduler')]
    assert 'train_dataloader.batch_size' not in options


def test_ramps_of_a_tokenizer_that_the_harness_stretches_are_not_stretched_again():
    config = load_config('configs/point_bert/dvae_nano.py')
    changes = stretched(config, 280)
    assert changes['model.iterations'] is None
    assert changes['model.temperature.steps'] == 250
    load_config('configs/point_bert/dvae_nano.py', changes)
