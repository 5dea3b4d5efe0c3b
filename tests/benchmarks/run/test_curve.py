from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from benchmarks.records import mean_interval
from benchmarks.run.curve import BOTTOM, COLOURS, HEIGHT, LEFT, RIGHT, WIDTH, draw, draw_values, place_of, svg
from benchmarks.run.results import Results
from benchmarks.suites.sheet import Sheet
from tests.benchmarks.run.test_tables import job, measured

SPACE = '{http://www.w3.org/2000/svg}'


def parsed(text):
    return ElementTree.fromstring(text)


def texts(root):
    return [entry.text for entry in root.iter(f'{SPACE}text')]


def line(*values):
    return [(float(x), mean_interval([value])) for x, value in enumerate(values, 1)]


def test_a_sheet_is_drawn_over_the_numbers_in_its_columns(tmp_path):
    results = Results(tmp_path)
    made = Sheet('s', 'Title', curve=True, axes=('epochs <of> it', 'loss & more'))
    for epoch in (2, 10):
        for seed in range(2):
            entry = job('base', seed, f'epoch {epoch}')
            made.add('base', f'epoch {epoch}', seed, entry)
            measured(results, entry, 10 * epoch + seed, seed)
    made.columns.append('epoch 12')  # nothing measured there yet
    draw(made.to_json(), results, tmp_path / 'curve.svg')
    root = parsed((tmp_path / 'curve.svg').read_text())
    found = texts(root)
    assert {'2', '10', 'epochs <of> it', 'loss & more', 'base'} <= set(found)
    assert '12' not in found
    across = [float(circle.get('cx')) for circle in root.iter(f'{SPACE}circle')]
    assert across == [LEFT, WIDTH - RIGHT]


def test_percents_keep_their_sign_and_old_sheets_have_no_axes(tmp_path):
    results = Results(tmp_path)
    made = Sheet('s', 'Title', curve=True)
    made.add('base', '25 %', 0, job('base', 0))
    measured(results, job('base', 0), 50, 0)
    kept = made.to_json()
    del kept['axes']
    draw(kept, results, tmp_path / 'curve.svg')
    assert '25 %' in texts(parsed((tmp_path / 'curve.svg').read_text()))
    draw({**kept, 'rows': []}, results, tmp_path / 'none.svg')
    assert not (tmp_path / 'none.svg').exists()


@pytest.mark.parametrize('values', [(0.512, 0.4871), (3.0, 300.0), (1e-5, 3e-5), (72.0, 72.0), (-1.0, 1.0), (0.0, 0.0)])
def test_grid_lines_are_few_and_their_numbers_true(values):
    root = parsed(svg('t', {'a': line(*values)}))
    ticks = [entry for entry in root.iter(f'{SPACE}text') if entry.get('text-anchor') == 'end']
    assert 2 <= len(ticks) <= 6
    places = [(float(tick.text), float(tick.get('y'))) for tick in ticks]
    assert len({value for value, _ in places}) == len(places)
    circles = [float(circle.get('cy')) for circle in root.iter(f'{SPACE}circle')]
    if values[0] != values[1]:
        # The number at a grid line is the value that would be drawn there.
        slope = (circles[1] - circles[0]) / (values[1] - values[0])
        for value, y in places:
            assert circles[0] + slope * (value - values[0]) == pytest.approx(y, abs=0.3)
    assert all(0 < y < HEIGHT for y in circles)


def test_lines_beyond_the_colours_are_dashed():
    lines = {f'row {place}': line(place, place + 1) for place in range(len(COLOURS) + 2)}
    drawn = list(parsed(svg('t', lines)).iter(f'{SPACE}polyline'))
    assert [bool(entry.get('stroke-dasharray')) for entry in drawn] == [False] * len(COLOURS) + [True] * 2
    assert len({(entry.get('stroke'), entry.get('stroke-dasharray')) for entry in drawn}) == len(drawn)


def test_an_interval_is_drawn_where_there_is_one():
    text = svg('t', {'a': [(1.0, mean_interval([1.0, 2.0])), (2.0, mean_interval([1.0]))]})
    bars = re.findall(r'<line x1="([\d.]+)" x2="\1" y1="([\d.]+)" y2="([\d.]+)"', text)
    lengths = [abs(float(low) - float(high)) for _, low, high in bars]
    assert lengths[0] > 1
    assert lengths[1] == 0
    assert not math.isnan(sum(lengths))


def test_many_places_are_named_at_round_ones_and_not_marked(tmp_path):
    values = [(float(step), 1 / step) for step in range(1, 201)]
    draw_values({'loss': values}, tmp_path / 'loss.svg', 'Losses', ('iteration', 'loss'))
    root = parsed((tmp_path / 'loss.svg').read_text())
    assert not list(root.iter(f'{SPACE}circle'))
    (drawn,) = root.iter(f'{SPACE}polyline')
    assert len(drawn.get('points').split()) == 200
    across = [entry for entry in root.iter(f'{SPACE}text') if entry.get('y') == str(HEIGHT - BOTTOM + 18)]
    assert [entry.text for entry in across] == ['50', '100', '150', '200']
    assert float(across[-1].get('x')) == WIDTH - RIGHT


def test_a_column_without_a_number_has_no_place():
    assert place_of('layer 12') == 12
    assert place_of('2.5 %') == 2.5
    with pytest.raises(ValueError, match="'accuracy'"):
        place_of('accuracy')
