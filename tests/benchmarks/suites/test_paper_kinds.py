"""The habits of released code as jobs: what their records say, and that they stay among themselves."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from benchmarks.run.graph import all_jobs
from benchmarks.run.results import Results
from benchmarks.run.worker import serve
from benchmarks.suites.everything import SUITES
from benchmarks.suites.plans.paper import Habits
from benchmarks.suites.profiles import find_profile
from benchmarks.suites.setup import Setup
from benchmarks.suites.students import Model
from tests.benchmarks.run.test_worker import order

pytestmark = pytest.mark.slow

KINDS = ('best_epoch', 'best_of_seeds', 'vote', 'cls_trains', 'few_shot_finetune')
PRETRAINED = Model('point-mae-nano', 'point-mae-nano')


def few_copies(job):
    return dataclasses.replace(job, settings={**job.settings, 'copies': 2})


@pytest.fixture(scope='module')
def records(tmp_path_factory):
    """Records of every kind once, by a name."""
    setup = Setup(dataclasses.replace(find_profile('smoke'), finetune_samples=172))
    # The variant that other tests have made already.
    habits = Habits(setup, setup.source('procedural-cad'))
    scratch = setup.baseline
    wanted = {
        'clean': setup.finetune(scratch, habits.source, 0),
        'best_epoch': habits.best_epoch(scratch, 0),
        'other_epoch': habits.best_epoch(scratch, 1),
        'best_of_seeds': habits.best_of_seeds(scratch),
        'vote': few_copies(habits.vote(scratch, 0, 1)),
        'votes': few_copies(habits.vote(scratch, 0, 2)),
        'linear': habits.cls_trains(PRETRAINED, 0, 'linear'),
        'few_shot': habits.few_shot(PRETRAINED, 0)[1],
    }
    results = Results(tmp_path_factory.mktemp('paper'))
    for job in all_jobs(wanted.values()):
        answer = serve(results, order(job))
        assert answer['state'] == 'done', answer
    found = {name: results.record(job.key) for name, job in wanted.items()}
    return found, {name: results.predictions(job.key) for name, job in wanted.items()}


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


def test_no_other_table_holds_a_habit():
    setup = Setup(find_profile('smoke'))
    for name, suite in SUITES.items():
        kinds = {figure.job.kind for sheet in suite.plan(setup) for figure in sheet.figures}
        assert bool(kinds & set(KINDS)) == (name == 'paper_protocols')


def test_the_table_shows_clean_figures_beside_every_habit_and_shares_their_jobs():
    setup = Setup(find_profile('laptop'))
    made, gains = SUITES['paper_protocols'].plan(setup)
    assert made.rows == gains.rows == ['from scratch', 'point-mae-nano', 'recon-nano']
    kinds = [next(figure.job.kind for figure in made.figures if figure.column == title) for title in made.columns]
    assert kinds == [
        'finetune', 'best_epoch', 'best_of_seeds', 'vote', 'vote', 'probe', 'cls_trains', 'few_shot',
        'few_shot_finetune',
    ]  # fmt: skip
    assert {figure.metric for figure in gains.figures} == {'oa_gain'}
    shared = {figure.job.key for figure in made.figures if figure.job.kind in ('finetune', 'probe', 'few_shot')}
    elsewhere = {
        figure.job.key
        for name in ('scanobjectnn', 'frozen', 'few_shot')
        for sheet in SUITES[name].plan(setup)
        for figure in sheet.figures
    }
    assert shared <= elsewhere
    assert any('299' in note and 'it is 5' in note for note in made.notes)


def test_the_paper_takes_its_own_numbers():
    setup = Setup(find_profile('paper'))
    habits = Habits(setup, setup.source('procedural-pb_t50_rs'))
    assert len(habits.seeds) == 8
    assert (habits.budget.votes, habits.budget.few_shot_epochs) == (299, 150)


def test_a_pattern_without_these_methods_shows_nothing():
    assert SUITES['paper_protocols'].plan(Setup(find_profile('smoke'), pattern='smc')) == []
