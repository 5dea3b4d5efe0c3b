from __future__ import annotations

import numpy as np
import pytest

from benchmarks.records import Predictions, Record
from benchmarks.report import as_latex, as_markdown, page
from benchmarks.run.results import Results
from benchmarks.run.tables import table_of
from benchmarks.suites.job import Job, Outcome
from benchmarks.suites.table import TablePlan
from tests.benchmarks.run import toy

SEEDS = 4
RIGHT = {
    'base': (100, 102, 99, 101),
    'clear': (150, 151, 149, 152),
    'noise': (90, 112, 104, 97),
    'low': (50, 51, 49, 52),
}
"""Objects of 200 that are right, by row and seed."""


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path)


def measured(results, job, right, seed, protocol='finetune', pretraining='', **data):
    """Keep a record of 200 objects of which some are right."""
    target = np.zeros(200, dtype=int)
    predicted = np.where(np.arange(200) < right, 0, 1)
    record = Record(
        model=job.settings['student'],
        weights='scratch',
        pretraining={'data': pretraining},
        dataset={'name': 'd', 'fingerprint': 'f', 'samples': 200, **data},
        protocol={'name': protocol, 'voting': 'none', 'epoch_selection': 'last'},
        seed=seed,
        metrics={'oa': right / 2},
        job=job.key,
    )
    results.put(job, Outcome(record=record, predictions=Predictions.of(target, predicted)))


def job(row, seed, column='c'):
    settings = {'student': row, 'data': column, 'seed': seed, 'sleep': 0}
    return Job(toy.MEASURE, settings, label=f'{row} {seed} {column}')


def planned(rows, seeds=SEEDS, **changes):
    made = TablePlan(name='s', title='Title', reference='base', **changes)
    for row in rows:
        for seed in range(seeds):
            made.add(row, 'c', seed, job(row, seed))
    return made


def filled(results, *rows, **changes):
    """A table whose rows are measured."""
    for row in rows:
        for seed, right in enumerate(RIGHT[row]):
            measured(results, job(row, seed), right, seed)
    return planned(rows, **changes)


def cells(table):
    return {row[0].value: row[-1] for row in next(table.groups())[1]}


def signs(plan, results):
    return {name: (cell.bold, cell.mark) for name, cell in cells(table_of(plan, results)).items()}


def test_bold_and_marks_only_where_tests_say_so(results):
    made = filled(results, 'base', 'clear', 'noise')
    assert signs(made, results) == {'base': (False, ''), 'clear': (True, '↑'), 'noise': (False, '')}
    assert cells(table_of(made, results))['base'].value.mean == pytest.approx(50.25)
    # Without the clear one, seeds straddle and nothing is bold.
    assert set(signs(planned(['base', 'noise']), results).values()) == {(False, '')}


@pytest.mark.parametrize(
    ('better', 'expected'),
    [
        ('more', {'base': (True, ''), 'low': (False, '↓')}),
        ('less', {'base': (False, ''), 'low': (True, '↑')}),
        ('none', {'base': (False, ''), 'low': (False, '')}),
    ],
)
def test_less_may_be_better_or_nothing_better_than_anything(results, better, expected):
    assert signs(filled(results, 'base', 'low', better=better), results) == expected


def test_one_seed_claims_nothing_and_what_pretraining_saw_of_the_test_is_said(results):
    saw = {
        'base': {},
        'old': {},
        'some': {'seen_classes': 3, 'seen_objects': 0, 'name': 'e'},
        'all': {'seen_classes': 4, 'seen_objects': 7},
    }
    for row, data in saw.items():
        measured(results, job(row, 0), 100, 0, pretraining='' if row == 'base' else 'x', classes=4, **data)
    notes = table_of(planned(saw, seeds=1), results).notes
    assert 'One seed: no interval, nothing is tested.' in notes
    assert not [note for note in notes if 'Holm' in note or 'interval over' in note]
    assert 'Classes that pretraining saw: 3 of 4 of e; 4 of 4 of d.' in notes
    assert 'Objects that pretraining saw, by their points: none of e; not recorded for d; some of d.' in notes
    assert '7 of 200 objects of d were pretrained on by all: its figures are no test.' in notes
    assert len([note for note in notes if 'pretrained on by' in note]) == 1


def test_rows_that_the_last_doubling_still_lifts_had_not_converged(results):
    made = TablePlan(name='s', title='Title', reference='base', doublings=True)
    gains = {'base': 0, 'rising': 20, 'flat': 0, 'noise': 6, 'falling': -20}
    for row, gain in gains.items():
        for seed in range(SEEDS):
            for column, more in (('10 samples', 0), ('20 samples', gain)):
                # What is drawn for a seed moves both by more than the gain.
                entry, noise = job(row, seed, column), (-1) ** seed * 20 if row == 'noise' and more else seed % 2
                made.add(row, column, seed, entry)
                measured(results, entry, 90 + 15 * seed + more + noise, seed)
    (note,) = [note for note in table_of(made, results).notes if 'than chance' in note]
    assert note.startswith(
        'Not converged, as they gained more than chance from 10 samples to 20 samples (paired t-test'
    )
    assert note.endswith('each row alone): rising (+10.0).')
    made.rows.remove('rising')
    (note,) = [note for note in table_of(made, results).notes if 'than chance' in note]
    assert note.startswith('No row gained more than chance from 10 samples')
    for few in ({'doublings': False}, {'columns': ['20 samples']}, {'rows': ['base']}):
        assert not [note for note in table_of(made.model_copy(update=few), results).notes if 'than chance' in note]


def test_failed_missing_and_open_figures_are_told_apart(results):
    filled(results, 'base')
    made = planned(['base', 'broken', 'waiting', 'open'], missing={'ModelNet40': 'get it there'})
    made.rows.append('none')
    measured(results, job('open', 0), 100, 0)
    results.put_failure(job('broken', 1), 'no memory')
    results.put_failure(job('waiting', 0), 'not run: needs pretrain x, which failed')
    table = table_of(made, results)
    found = {name: cell.text() for name, cell in cells(table).items()}
    expected = {'broken': 'failed', 'waiting': 'not run', 'open': f'50.0 (1 of {SEEDS} seeds)', 'none': '–'}
    assert {name: found[name] for name in expected} == expected
    blocks = {title: [[cell.text() for cell in row] for row in rows] for title, rows in table.groups() if title}
    assert blocks['Failed'][0][:2] == ['broken 1 c', f'no memory (logs/{job("broken", 1).key}.log)']
    assert blocks['Not present'][0][0] == 'ModelNet40'
    for text in (as_markdown(table), as_latex(table), page(table.title, [table])):
        assert 'ModelNet40 is not present: get it there.' in text


def test_what_was_judged_stays_where_predictions_are_lost(results):
    plan = filled(results, 'base', 'clear')
    judged = plan.model_copy(update={'judged': {'base': {'c': '*↓'}}})
    assert signs(judged, results)['clear'] == (True, '↑'), 'there are predictions to judge by'
    for result in list(results.store.results.values()):
        results.store.add(result.model_copy(update={'predictions': 'not kept'}))
    assert signs(judged, results) == {'base': (True, '↓'), 'clear': (False, '')}
    for one, said in ((judged, 'those of the day'), (plan, 'over seeds alone')):
        note = table_of(one, results).notes[-1]
        assert note.startswith('Predictions of 8 of 8 measurements were not kept')
        assert said in note


def test_a_claim_is_supported_contradicted_or_open(results):
    made = TablePlan(name='s', title='Title', claims=True, digits=2)
    for row in RIGHT:
        for seed, right in enumerate(RIGHT[row]):
            measured(results, job(row, seed), right, seed)
    told = {'clear': ('clear', 'base'), 'wrong': ('low', 'base'), 'open': ('noise', 'base'), 'later': ('base', 'new')}
    for claim, pair in told.items():
        for place, row in zip(('larger', 'smaller'), pair, strict=True):
            for seed in range(SEEDS):
                made.add(claim, place, seed, job(row, seed))
    table = table_of(made, results)
    verdicts = {row[0].value: [cell.value for cell in row[-3:]] for row in next(table.groups())[1]}
    assert {claim: found[-1] for claim, found in verdicts.items()} == {
        'clear': 'supports', 'wrong': 'contradicts', 'open': 'cannot tell', 'later': 'not measured'
    }  # fmt: skip
    assert verdicts['clear'][0] == '25.00 ± 0.65'  # 3.182 deviations of the mean of 25, 24.5, 25, 25.5
    assert verdicts['wrong'][0].startswith('-25.00')
    assert any('Holm over 3 claims' in note for note in table.notes)
    assert 'not measured' in as_markdown(table)
