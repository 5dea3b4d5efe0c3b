from __future__ import annotations

import gzip
import json

import pytest

from benchmarks import load_results
from benchmarks.records import Failure, Plan, PlannedFigure, PredictionLists, Result, Store
from benchmarks.records.store import NAME
from tests.benchmarks.records.examples import guesses, record
from zoo.errors import UsageError


def result(seed=0, model='recon-nano', oa=70.0, predictions=True, **changes):
    one = record(seed=seed, model=model, metrics={'oa': oa})
    packed = PredictionLists.pack(guesses(oa / 100, seed=seed)) if predictions else None
    return Result(key=one.key, label=f'{model} {seed}', record=one, predictions=packed, **changes)


def plan(name='svm', **changes):
    return Plan(
        **{'profile': 'demo', 'suite': 'svm', 'name': name, 'title': 'T', 'rows': [], 'columns': [], 'figures': []}
        | changes
    )


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / NAME)
    for seed in range(3):
        made.add(result(seed))
    made.add(plan())
    return made


def test_what_is_added_is_found_by_everybody(store):
    other = Store(store.path)
    other.refresh()
    assert other.results == store.results == {one.key: one for one in map(result, range(3))}
    assert other.plans == {('demo', 'svm'): plan()}
    store.add(result(3))
    other.refresh()
    assert len(other.results) == 4


def test_the_last_line_of_a_key_counts(store):
    key = result(0).key
    store.add(Failure(key=key, error='no luck'))
    assert Store.of(store.path).failures[key].error == 'no luck'
    store.add(result(0, seconds=9.0))
    again = Store.of(store.path)
    assert (again.results[key].seconds, again.failures) == (9.0, {})
    store.add(plan(digits=3))
    assert Store.of(store.path).plans['demo', 'svm'].digits == 3


def test_lines_that_are_none_are_said_and_left_out(store, caplog):
    for text in ('{', '[]', '{"line": "result"}', '{"line": "x"}', '[' * 50_000, '{"line": "failure", "error": NaN}'):
        store._lines.append(text)
    again = Store.of(store.path)
    assert again.results == store.results
    assert caplog.text.count('a line is left out') == 6
    assert str(store.path) in caplog.text


def test_what_is_no_number_is_not_written(store):
    before = store.path.read_bytes()
    with pytest.raises(ValueError):
        store.add(Result(key='a', value={'loss': float('nan')}))
    assert store.path.read_bytes() == before


def test_two_files_merge(store, tmp_path, caplog):
    other = Store(tmp_path / 'other' / NAME)
    for one in (result(2, seconds=5.0), result(5), result(1, oa=50.0)):
        other.add(one)
    other.add(plan('few_shot'))
    other.add(Failure(key=result(0).key, error='here it failed'))
    store.merge([other])
    again = Store.of(tmp_path)
    assert {one.record.seed: one.record.metrics['oa'] for one in again.results.values()} == dict.fromkeys(
        (0, 1, 2, 5), 70.0
    )
    assert 'another record in' in caplog.text
    assert '"recon-nano 1"' in caplog.text
    assert (sorted(again.plans), again.failures) == ([('demo', 'few_shot'), ('demo', 'svm')], {})
    before = store.path.read_bytes()
    store.merge([Store.of(tmp_path / 'other')])
    assert store.path.read_bytes() == before


def test_a_table_of_two_files_has_the_rows_of_both(tmp_path, caplog):
    def figures(row, key, seeds=(0, 1)):
        return [
            PlannedFigure(row=row, column='c', seed=seed, metric='oa', key=f'{key}{seed}', job=row) for seed in seeds
        ]

    first, second, third = (Store(tmp_path / name / NAME) for name in 'abc')
    here = [*figures('scratch', result(0).key[:8]), *figures('recon', 'missing')]
    here[0] = here[0].model_copy(update={'key': result(0).key})
    there = [*figures('scratch', 'other'), *figures('recon', 'found'), *figures('cmc', 'found')]
    shown = {'rows': ['scratch', 'recon'], 'columns': ['c']}
    first.add(plan(notes=['40 epochs.'], reference='recon', **{**shown, 'figures': here}))
    first.add(result(0))
    second.add(plan(notes=['40 epochs.'], **{**shown, 'rows': ['scratch', 'recon', 'cmc'], 'figures': there}))
    third.add(plan(notes=['4 epochs.'], **{**shown, 'figures': there}))
    first.merge([second, third])
    made = Store.of(first.path).plans['demo', 'svm']
    assert made.rows == ['scratch', 'recon', 'cmc']
    assert made.reference == 'recon'  # whose rows are alone have another first row
    keys = {(figure.row, figure.seed): figure.key for figure in made.figures}
    assert keys['scratch', 0] == result(0).key  # measured here
    assert (keys['recon', 1], keys['cmc', 1], len(keys)) == ('found1', 'found1', 6)
    assert 'the table svm is another one' in caplog.text


def test_lost_predictions_are_found_again(tmp_path):
    first, second = Store(tmp_path / 'a' / NAME), Store(tmp_path / 'b' / NAME)
    first.add(result(0, predictions=False).model_copy(update={'predictions': 'not kept'}))
    second.add(result(0))
    first.merge([second])
    assert Store.of(first.path).results[result(0).key].unpacked
    second.merge([first])
    assert Store.of(second.path).results[result(0).key].unpacked


def test_files_that_are_joined_by_hand_are_a_file(store, tmp_path):
    other = Store(tmp_path / 'other' / NAME)
    other.add(result(7))
    (tmp_path / 'joined.gz').write_bytes(store.path.read_bytes() + other.path.read_bytes())
    assert len(Store.of(tmp_path / 'joined.gz').results) == 4


def test_the_order_of_writing_does_not_show_after_a_merge(store, tmp_path):
    other = Store(tmp_path / 'other' / NAME)
    other.add(plan())
    for seed in (2, 0, 1):
        other.add(result(seed))
    for one in (store, other):
        one.merge([])
    assert store.path.read_bytes() == other.path.read_bytes()
    assert [json.loads(line)['line'] for line in gzip.decompress(store.path.read_bytes()).splitlines()] == [
        'result'
    ] * 3 + ['plan']


def test_what_is_not_kept_is_gone(store):
    store.keep([result(1).key, 'unknown'])
    assert set(Store.of(store.path).results) == {result(1).key}


def test_a_place_without_results_is_named(tmp_path):
    for place in (tmp_path / 'none', tmp_path):
        with pytest.raises(UsageError, match=place.name):
            Store.of(place)


def test_records_are_a_table(store, tmp_path):
    other = Store(tmp_path / 'other' / NAME)
    other.add(result(0, model='cmc-nano', oa=50.0, predictions=False, kind='svm'))
    frame = load_results(store.path, tmp_path / 'other')
    assert len(frame) == 4
    means = frame.groupby('model')['metrics.oa'].mean()
    assert dict(means) == {'cmc-nano': 50.0, 'recon-nano': 70.0}
    one = frame.loc[result(1).key]
    assert (one['dataset.name'], one['protocol.C'], one['seed'], one['kind']) == ('ModelNet40', 0.075, 1, '')
    assert one['predictions'].accuracy == pytest.approx(70.0)
    assert frame['predictions'].isna().sum() == 1
    assert not frame['predictions_lost'].any()
    other.add(other.results[frame.index[-1]].model_copy(update={'predictions': 'not kept'}))
    assert list(load_results(other.path)['predictions_lost']) == [True]
