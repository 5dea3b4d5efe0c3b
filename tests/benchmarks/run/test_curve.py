from __future__ import annotations

from xml.etree import ElementTree

import pytest

from benchmarks.records.statistics import NAN
from benchmarks.run.curve import COLORS, draw, place_of, svg
from benchmarks.run.results import Results
from benchmarks.suites.table import TablePlan
from tests.benchmarks.run.test_tables import job, measured

SPACE = '{http://www.w3.org/2000/svg}'


def texts(content):
    return [entry.text for entry in ElementTree.fromstring(content).iter(f'{SPACE}text')]


def title(content):
    return next(ElementTree.fromstring(content).iter('{http://purl.org/dc/elements/1.1/}title')).text


def line(*values):
    return [(float(x), value, NAN) for x, value in enumerate(values, 1)]


def test_a_table_is_drawn_over_the_numbers_in_its_columns(tmp_path):
    results = Results(tmp_path)
    made = TablePlan(name='s', title='Title <1> & $x$', curve=True, axes=['epochs <of> $it$', 'loss & more'])
    for epoch in (2, 10):
        for seed in range(2):
            entry = job('base', seed, f'epoch {epoch}')
            made.add('base', f'epoch {epoch}', seed, entry)
            measured(results, entry, 10 * epoch + seed, seed)
    made.columns.append('epoch 12')  # nothing measured there yet
    draw(made, results, tmp_path / 'curve.svg')
    content = (tmp_path / 'curve.svg').read_bytes()
    assert {'2', '10', 'epochs <of> $it$', 'loss & more', 'base'} <= set(texts(content))
    assert '12' not in texts(content)
    assert title(content) == 'Title <1> & $x$'


def test_percents_keep_their_sign_and_nothing_measured_is_not_drawn(tmp_path):
    results = Results(tmp_path)
    made = TablePlan(name='s', title='Title', curve=True)
    made.add('base', '25 %', 0, job('base', 0))
    draw(made, results, tmp_path / 'none.svg')
    assert not (tmp_path / 'none.svg').exists()
    measured(results, job('base', 0), 50, 0)
    draw(made, results, tmp_path / 'curve.svg')
    assert '25 %' in texts((tmp_path / 'curve.svg').read_bytes())


def test_doublings_stand_evenly_apart(tmp_path):
    results = Results(tmp_path)
    made = TablePlan(name='s', title='Title', curve=True, doublings=True)
    for place, samples in enumerate((1000, 2000, 4000)):
        entry = job('base', 0, f'{samples:,} samples')
        made.add('base', f'{samples:,} samples', 0, entry)
        measured(results, entry, 50 + place, 0)
    draw(made, results, tmp_path / 'curve.svg')
    found = {
        entry.text: float(entry.get('transform', entry.get('x', '')).split('(')[-1].split()[0].rstrip(','))
        for entry in ElementTree.fromstring((tmp_path / 'curve.svg').read_bytes()).iter(f'{SPACE}text')
        if entry.text in ('1,000', '2,000', '4,000')
    }
    first, second, third = found['1,000'], found['2,000'], found['4,000']
    assert third - second == pytest.approx(second - first, rel=0.02)


def test_equal_figures_make_equal_pictures():
    assert svg('t', {'a': line(1, 2)}) == svg('t', {'a': line(1, 2)}) != svg('t', {'a': line(1, 3)})


def test_every_row_has_a_look_of_its_own():
    lines = {f'row {place}': line(place, place + 1) for place in range(len(COLORS) + 2)}
    content = svg('t', lines).decode()
    assert {*lines} <= set(texts(content))
    assert all(color in content for color in COLORS)
    assert 'stroke-dasharray' in content
    assert 'stroke-dasharray' not in svg('t', {'a': line(1, 2)}).decode()


@pytest.mark.parametrize('values', [(72.0, 72.0), (0.0, 0.0), (1e-5, 3e-5), (5.0,)])
def test_an_interval_is_drawn_where_there_is_one_and_flat_lines_are_drawn(values):
    wide = {'a': [(1.0, 1.5, 6.4), (2.0, 1.0, NAN)]}
    assert len(svg('t', wide)) > len(svg('t', {'a': line(1.5, 1.0)}))
    assert 'nan' not in svg('t', {'a': line(*values)}).decode().lower().replace('dominant', '')


def test_many_places_are_named_at_round_ones():
    values = [(float(step), 1 / step) for step in range(1, 201)]
    found = texts(svg('Losses', {'loss': values}, ('iteration', 'loss')))
    assert {'50', '100', '150', '200', 'iteration', 'loss'} <= set(found)
    assert len(found) < 30


def test_a_column_without_a_number_has_no_place():
    assert place_of('layer 12') == 12
    assert place_of('2.5 %') == 2.5
    assert place_of('12,870,000 samples') == 12_870_000
    with pytest.raises(ValueError, match="'accuracy'"):
        place_of('accuracy')
