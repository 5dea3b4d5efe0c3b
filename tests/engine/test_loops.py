"""Interrupted and resumed runs, in this process; tests/tools kills real ones."""

from __future__ import annotations

import pytest

from tests.engine.conftest import largest_difference
from tests.engine.dummy import FixedShapes, StopHook, Stopped
from zoo.errors import UsageError

EVERY_5 = {'default_hooks.checkpoint.by_epoch': False, 'default_hooks.checkpoint.interval': 5}
CASES = {
    'between epochs': {},
    'inside of an epoch': EVERY_5,
    'with workers': {**EVERY_5, 'train_dataloader.num_workers': 2},
    'accumulating over the end of epochs': {'optim_wrapper.accumulative_counts': 4},
    'by iteration': {**EVERY_5, 'train_cfg': {'_delete_': True, 'by_epoch': False, 'max_iters': 24, 'val_interval': 6}},
    'without a seed in the config': {'randomness.seed': None},
    'data on the device': {**EVERY_5, 'resident': True, 'train_dataloader.dataset.type': 'FixedShapes'},
}


@pytest.mark.parametrize('options', CASES.values(), ids=CASES)
def test_a_resumed_run_ends_with_the_weights_of_an_unbroken_one(train, options):
    with pytest.raises(Stopped):
        train('run', options, hooks=[StopHook(16)])
    resumed = train('run', options, resume='auto')
    if options.get('randomness.seed', 3) is None:
        options = {'randomness.seed': resumed.seed}
    unbroken = train('unbroken', options)
    assert resumed.iter == unbroken.iter == 24
    assert largest_difference(resumed.model.state_dict(), unbroken.model.state_dict()) == 0


@pytest.mark.parametrize('case', ['inside of an epoch', 'by iteration'])
def test_a_resumed_run_reads_only_what_it_has_not_seen(train, monkeypatch, case):
    options = {**CASES[case], 'train_dataloader.dataset.type': 'FixedShapes'}
    with pytest.raises(Stopped):
        train('run', options, hooks=[StopHook(16)])
    read, points = [], FixedShapes.points
    monkeypatch.setattr(FixedShapes, 'points', lambda self, index: read.append(index) or points(self, index))
    train('run', options, resume='auto')
    assert len(read) == (24 - 15) * 4


def test_the_test_can_fail(train):
    """Other weights come out with another seed, and without the data seeded by iteration."""
    one, other = train('one'), train('other', {'randomness.seed': 4})
    assert largest_difference(one.model.state_dict(), other.model.state_dict()) > 1e-3


def test_weights_do_not_depend_on_validation_or_on_what_was_drawn_before(train):
    import torch

    one = train('one')
    torch.rand(1000)
    other = train('other', {'train_cfg.val_interval': 3})
    assert largest_difference(one.model.state_dict(), other.model.state_dict()) == 0


def test_a_validation_that_the_stop_cut_off_is_made_up_for(train, monkeypatch):
    from mmengine.runner import ValLoop

    run = ValLoop.run
    seen = []

    def validate(self):
        seen.append(self.runner.epoch)
        if seen == [1, 2]:
            raise Stopped
        return run(self)

    monkeypatch.setattr(ValLoop, 'run', validate)
    with pytest.raises(Stopped):
        train('run')
    resumed = train('run', resume='auto')
    unbroken = train('unbroken')
    assert seen == [1, 2, 2, 3, 4, 1, 2, 3, 4]
    best = [runner.message_hub.get_info('best_score') for runner in (resumed, unbroken)]
    assert best[0] == best[1]


@pytest.mark.slow
def test_weights_do_not_depend_on_the_number_of_workers(train):
    """Not after two epochs, and not after a stop in the middle of one of them; the dummy data draw in every read."""
    runs = {}
    for workers in (0, 1, 2, 4):
        options = {**EVERY_5, 'train_dataloader.num_workers': workers, 'train_cfg.max_epochs': 2}
        runs[workers] = train(f'whole_{workers}', options)
        with pytest.raises(Stopped):
            train(f'parts_{workers}', options, hooks=[StopHook(9)])
        # Resumed with another number than before.
        resumed = train(
            f'parts_{workers}', {**options, 'train_dataloader.num_workers': (workers + 1) % 3}, resume='auto'
        )
        for runner in (runs[workers], resumed):
            assert runner.iter == 12
            assert largest_difference(runner.model.state_dict(), runs[0].model.state_dict()) == 0


def test_validation_does_not_depend_on_the_number_of_workers(train):
    """With jitter as large as the clouds, other draws give other figures."""
    found = []
    for workers in (0, 2):
        options = {
            'val_dataloader.num_workers': workers,
            'val_dataloader.dataset.jitter': 3.0,
            'train_cfg.max_epochs': 1,
        }
        found.append(train(f'run_{workers}', options).val_loop.run())
    assert found[0] == found[1]


def test_a_sampler_without_end_is_refused(train):
    with pytest.raises(UsageError, match='InfiniteSampler ends no epoch'):
        train('run', {'train_dataloader.sampler': {'type': 'InfiniteSampler', '_delete_': True}})
