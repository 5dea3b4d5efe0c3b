"""The habits of released code as jobs: what their records say."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.paper import Habits
from benchmarks.suites.profiles import find_profile
from benchmarks.suites.students import Model
from tests.benchmarks.run.here import finish

pytestmark = pytest.mark.slow

PRETRAINED = Model('point-mae-nano', 'point-mae-nano')


def few_copies(job):
    return dataclasses.replace(job, settings={**job.settings, 'copies': 2})


@pytest.fixture(scope='module')
def records(tmp_path_factory):
    """Record and predictions of every habit, by a name."""
    planner = Planner(dataclasses.replace(find_profile('smoke'), finetune_samples=172))
    # The variant that other tests have made already.
    habits = Habits(planner, planner.source('procedural-cad'))
    scratch = planner.baseline
    wanted = {
        'clean': planner.finetune(habits.source, scratch, 0),
        'best_epoch': habits.best_epoch(scratch, 0),
        'other_epoch': habits.best_epoch(scratch, 1),
        'best_of_seeds': habits.best_of_seeds(scratch),
        'vote': few_copies(habits.vote(1, scratch, 0)),
        'votes': few_copies(habits.vote(2, scratch, 0)),
        'linear': habits.cls_trains(PRETRAINED, 0),
        'few_shot': habits.few_shot_tuned(PRETRAINED, 0),
    }
    results = finish(wanted.values(), tmp_path_factory.mktemp('paper')).store.results
    found = {name: results[job.key].record for name, job in wanted.items()}
    return found, {name: results[job.key].unpacked for name, job in wanted.items()}


def test_every_record_names_its_habit(records):
    found, predictions = records
    said = {name: (record.protocol.name, record.protocol.epoch_selection) for name, record in found.items()}
    assert said == {
        'clean': ('finetune', 'last'),
        'best_epoch': ('finetune@paper-best-epoch', 'best_test'),
        'other_epoch': ('finetune@paper-best-epoch', 'best_test'),
        'best_of_seeds': ('finetune@paper', 'best_test'),
        'vote': ('vote-2@paper', 'last'),
        'votes': ('vote-2-max-of-2@paper', 'last'),
        'linear': ('linear@paper', 'last'),
        'few_shot': ('few_shot_finetune', 'last'),
    }
    assert found['best_of_seeds'].protocol['seed_selection'] == 'best of 2'
    for name, record in found.items():
        assert (record.protocol.voting != 'none') == name.startswith('vote')
        assert (predictions[name] is None) == (name == 'few_shot')
        assert record.dataset.variant == 'cad'
        assert record.dataset.train_samples > 0
        assert record.pretraining.seed == (0 if name in ('linear', 'few_shot') else None)
    assert found['few_shot'].protocol['folds'] == 2


def test_habits_start_from_the_clean_run(records):
    found, predictions = records
    clean = found['clean'].metrics['oa']
    assert found['best_epoch'].metrics['oa_last'] == clean
    assert found['best_epoch'].metrics['oa'] >= clean
    assert found['vote'].metrics['oa_single'] == found['votes'].metrics['oa_single'] == pytest.approx(clean)
    assert found['votes'].metrics['oa'] >= found['vote'].metrics['oa']
    for name, record in found.items():
        if predictions[name] is not None:
            assert record.metrics['oa'] == pytest.approx(predictions[name].accuracy)


def test_the_best_seed_is_one_of_the_seeds(records):
    found, predictions = records
    seeds = [found['best_epoch'], found['other_epoch']]
    best = max(seeds, key=lambda record: record.metrics['oa'])
    chosen = found['best_of_seeds']
    assert (chosen.metrics['oa'], chosen.seed) == (best.metrics['oa'], best.seed)
    name = 'best_epoch' if best.seed == 0 else 'other_epoch'
    assert np.array_equal(predictions['best_of_seeds'].predicted, predictions[name].predicted)
    assert chosen.dataset.train_fingerprint == best.dataset.train_fingerprint
