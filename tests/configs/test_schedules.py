"""The rates of every config, at its own length and at others, against a computation that knows no iterations."""

from __future__ import annotations

import functools
import json
import math
import tempfile
from pathlib import Path

import pytest
from mmengine.hooks import ParamSchedulerHook

from tests.configs.test_configs import CONFIGS, IDS
from tests.engine.conftest import make_config
from tests.engine.test_resume import cosine
from zoo.config import load_config
from zoo.engine import build_runner

RECIPES = {'': (300, 10), 'nano': (60, 3), 'dvae_nano': (20, 3), 'autoencoder_nano': (20, 3), 'procedural': (20, 2)}
RECIPES |= {'part_segmentation': (20, 2), 'supervised/transformer': (100, 10)}
RECIPES |= {f'supervised/{name}': (100, 0) for name in ('pointnet', 'pointnet2', 'dgcnn')}
RECIPES |= {
    f'{method}/{size}': length
    for method, length in {'point_bert': (300, 3), 'point2vec': (800, 80), 'point_jepa': (500, 30)}.items()
    for size in ('tiny', 'small', 'base')
}
"""Epochs and those of warm-up by the end of a config's name, as docstrings and papers have them; the longest counts."""


def recipe(name):
    """Epochs and epochs of warm-up."""
    return RECIPES[max(filter(name.endswith, RECIPES), key=len)]


def expected(name, done, peak):
    """Rate after a share of the training."""
    if name == 'supervised/dgcnn':
        return 1e-3 + (peak - 1e-3) * (1 + math.cos(math.pi * done)) / 2
    if name in ('supervised/pointnet', 'supervised/pointnet2'):
        return peak * 0.7 ** int(done / 0.08 + 1e-9)
    epochs, warm_up = recipe(name)
    return cosine(done + 1e-12, 1, warm_up / epochs, peak)


@functools.cache
def rates_of(scheduler, peak, length, per_epoch):
    """Rates of every iteration, as the runner builds the schedule and mmengine's hook steps it.

    Schedule and length are JSON, so that configs that share them share the rates.
    """
    length = json.loads(length)
    options = {'train_cfg': length, 'train_dataloader.batch_size': 1, 'train_dataloader.dataset.num_objects': per_epoch}
    options['optim_wrapper.optimizer.lr'] = peak
    options['param_scheduler'] = {**json.loads(scheduler), '_delete_': True}
    with tempfile.TemporaryDirectory() as work_dir:
        runner = build_runner(make_config(Path(work_dir), options))
        runner._train_loop = runner.build_train_loop(runner._train_loop)
        runner.optim_wrapper = runner.build_optim_wrapper(runner.optim_wrapper)
        runner.param_schedulers = runner.build_param_scheduler(runner.param_schedulers)
        hook, rates = ParamSchedulerHook(), []
        for step in range(1, runner.max_iters + 1):
            rates.append(runner.optim_wrapper.param_groups[0]['lr'])
            runner.optim_wrapper.optimizer.step()
            hook.after_train_iter(runner, step)
            if step % per_epoch == 0 and 'max_epochs' in length:
                hook.after_train_epoch(runner)
        runner.close()
    return rates


@pytest.mark.parametrize('path', CONFIGS, ids=IDS)
def test_rates_follow_the_length(path):
    name = path.relative_to(path.parents[1]).with_suffix('').as_posix()
    config = load_config(path)
    own, peak = config.train_cfg.max_epochs, config.optim_wrapper.optimizer.lr
    scheduler = json.dumps(config.param_scheduler.to_dict())
    assert own == recipe(name)[0]
    # By epoch as published; at other lengths by iteration, where there is a share to keep.
    for per_epoch, length in [
        (3, {'max_epochs': own}),
        (100, {'max_epochs': 6}),
        (2, {'max_epochs': own * 3 // 2}),
        (100, {'by_epoch': False, 'max_iters': 600}),
    ]:
        rates = rates_of(scheduler, peak, json.dumps(length), per_epoch)
        by_epoch = length == {'max_epochs': own} or (name == 'supervised/dgcnn' and 'max_epochs' in length)
        every = per_epoch if by_epoch else 1
        wanted = [expected(name, step // every * every / len(rates), peak) for step in range(len(rates))]
        assert rates == pytest.approx(wanted, rel=1e-6), length
        assert max(rates) >= 0.94 * peak
