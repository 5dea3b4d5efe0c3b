from __future__ import annotations

import numpy as np
import pytest

from benchmarks.records import Predictions, Record
from benchmarks.report import as_latex, as_markdown, page
from benchmarks.run.curve import draw
from benchmarks.run.results import Results
from benchmarks.run.tables import table_of
from benchmarks.suites.job import Job, Outcome
from benchmarks.suites.sheet import Sheet
from tests.benchmarks.run import toy

SEEDS = 4


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
    about = {'kind': job.kind, 'label': str(job), 'guess': 1.0, 'seconds': 1.0}
    results.put(job.key, about, Outcome(record=record, predictions=Predictions.of(target, predicted)))


def job(row, seed, column='c'):
    assert toy.MODULE
    settings = {'student': row, 'data': column, 'seed': seed, 'sleep': 0}
    return Job('toy_measure', settings, label=f'{row} {seed} {column}')


def sheet(rows, **changes):
    made = Sheet('s', 'Title', reference='base', **changes)
    for row in rows:
        for seed in range(SEEDS):
            made.add(row, 'c', seed, job(row, seed))
    return made


def cells(table):
    return {row[0].value: row[-1] for row in next(table.groups())[1]}


def test_bold_and_marks_only_where_tests_say_so(tmp_path):
    results = Results(tmp_path)
    rights = {'base': (100, 102, 99, 101), 'clear': (150, 151, 149, 152), 'noise': (90, 112, 104, 97)}
    made = sheet(rights)
    for row, values in rights.items():
        for seed, right in enumerate(values):
            measured(results, job(row, seed), right, seed)
    found = cells(table_of(made.plan('smoke', 'svm'), results))
    assert (found['clear'].bold, found['clear'].mark) == (True, '↑')
    assert (found['noise'].bold, found['noise'].mark) == (False, '')
    assert found['base'].value.mean == pytest.approx(50.25)
    # Without the clear one, seeds straddle and nothing is bold.
    rest = cells(table_of(sheet(['base', 'noise']).plan('smoke', 'svm'), results))
    assert not any(cell.bold or cell.mark for cell in rest.values())


def test_one_seed_claims_neither_an_interval_nor_a_test(tmp_path):
    results = Results(tmp_path)
    made = Sheet('s', 'Title', reference='base')
    for row in ('base', 'other'):
        made.add(row, 'c', 0, job(row, 0))
        measured(results, job(row, 0), 100, 0)
    notes = table_of(made.plan('smoke', 'svm'), results).notes
    assert 'One seed: no interval, nothing is tested.' in notes
    assert not [note for note in notes if 'Holm' in note or 'interval over' in note]


def test_what_pretraining_saw_of_the_test_is_said(tmp_path):
    results = Results(tmp_path)
    made = Sheet('s', 'Title', reference='base')
    saw = {
        'base': {},
        'old': {},
        'some': {'seen_classes': 3, 'seen_objects': 0, 'name': 'e'},
        'all': {'seen_classes': 4, 'seen_objects': 7},
    }
    for row, data in saw.items():
        made.add(row, 'c', 0, job(row, 0))
        measured(results, job(row, 0), 100, 0, pretraining='' if row == 'base' else 'x', classes=4, **data)
    notes = table_of(made.plan('smoke', 'svm'), results).notes
    assert 'Classes that pretraining saw: 3 of 4 of e; 4 of 4 of d.' in notes
    assert 'Objects that pretraining saw, by their points: none of e; not recorded for d; some of d.' in notes
    assert '7 of 200 objects of d were pretrained on by all: its figures are no test.' in notes
    assert len([note for note in notes if 'pretrained on by' in note]) == 1


def test_less_may_be_better_or_nothing_better_than_anything(tmp_path):
    results = Results(tmp_path)
    for row, values in {'base': (100, 102, 99, 101), 'low': (50, 51, 49, 52)}.items():
        for seed, right in enumerate(values):
            measured(results, job(row, seed), right, seed)
    marks = {
        better: {name: (cell.bold, cell.mark) for name, cell in cells(table_of(made, results)).items()}
        for better in ('more', 'less', 'none')
        for made in [sheet(['base', 'low'], better=better).plan('smoke', 'svm')]
    }
    assert marks['more'] == {'base': (True, ''), 'low': (False, '↓')}
    assert marks['less'] == {'base': (False, ''), 'low': (True, '↑')}
    assert marks['none'] == {'base': (False, ''), 'low': (False, '')}


def test_failed_missing_and_open_figures_are_told_apart(tmp_path):
    results = Results(tmp_path)
    made = sheet(['base', 'broken', 'waiting', 'open'], missing={'ModelNet40': 'get it there'})
    made.rows.append('none')
    for seed in range(SEEDS):
        measured(results, job('base', seed), 100 + seed, seed)
    measured(results, job('open', 0), 100, 0)
    results.put_failure(job('broken', 1).key, str(job('broken', 1)), 'no memory')
    results.put_failure(job('waiting', 0).key, str(job('waiting', 0)), 'not run: needs pretrain x, which failed')
    table = table_of(made.plan('smoke', 'svm'), results)
    found = {name: cell.text() for name, cell in cells(table).items()}
    assert found['broken'] == 'failed'
    assert found['waiting'] == 'not run'
    assert found['open'] == f'1 of {SEEDS} measured'
    assert found['none'] == '–'
    blocks = {title: rows for title, rows in table.groups() if title}
    assert [cell.text() for cell in blocks['Failed'][0]][:2] == [
        'broken 1 c', f'no memory (logs/{job("broken", 1).key}.log)'
    ]  # fmt: skip
    assert blocks['Not present'][0][0].text() == 'ModelNet40'
    for text in (as_markdown(table), as_latex(table), page(table.title, [table])):
        assert 'ModelNet40 is not present: get it there.' in text


def test_a_curve_is_drawn_from_the_same_figures(tmp_path):
    results = Results(tmp_path)
    made = Sheet('s', 'Title <1>', curve=True)
    for percent in (25, 100):
        for seed in range(2):
            entry = job('base', seed, f'{percent} %')
            made.add('base', f'{percent} %', seed, entry)
            measured(results, entry, percent + seed, seed)
    path = tmp_path / 'curve.svg'
    draw(made.plan('smoke', 'svm'), results, path)
    text = path.read_text()
    assert '&lt;1&gt;' in text
    assert '25 %' in text


def test_what_was_judged_stays_where_predictions_are_lost(tmp_path):
    results = Results(tmp_path)
    made = sheet(['base', 'clear'])
    for row, values in {'base': (100, 102, 99, 101), 'clear': (150, 151, 149, 152)}.items():
        for seed, right in enumerate(values):
            measured(results, job(row, seed), right, seed)
    plan = made.plan('smoke', 'svm')
    judged = plan.model_copy(update={'judged': {'base': {'c': '*↓'}}})
    assert cells(table_of(judged, results))['clear'].bold, 'there are predictions to judge by'
    for result in list(results.store.results.values()):
        results.store.add(result.model_copy(update={'predictions': 'not kept'}))
    found = cells(table_of(judged, results))
    assert (found['base'].bold, found['base'].mark, found['clear'].bold) == (True, '↓', False)
    for one, said in ((judged, 'those of the day'), (plan, 'over seeds alone')):
        note = table_of(one, results).notes[-1]
        assert note.startswith('Predictions of 8 of 8 measurements were not kept')
        assert said in note
