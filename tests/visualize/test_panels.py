from __future__ import annotations

import builtins
import json

import numpy as np
import pytest
from PIL import Image

from tests.refusals import refused
from zoo.visualize import Panel, Panels, side_by_side
from zoo.visualize.panels import MARK, MOST_SCENES, title_height
from zoo.visualize.picture import cloud_picture, project

HOSTILE = '<script>alert(1)</script>'


def panel(seed=0, caption='', **more):
    points = np.random.default_rng(seed).uniform(-0.5, 0.5, (30, 3))
    return Panel(points, np.full((30, 3), 7 * seed, dtype=np.uint8), caption=caption, **more)


def panels(columns=2, **more):
    rows = [[panel(10 * row + column, **more) for column in range(columns)] for row in range(2)]
    return Panels(rows, [f'column {column}' for column in range(columns)])


def test_panels_keep_their_places():
    made, size, bar = panels(), 64, title_height(64)
    picture = made.picture(size)
    assert picture.shape == (2 * size + bar, 2 * size, 3)
    for row in range(2):
        for column in range(2):
            tile = picture[bar + row * size : bar + (row + 1) * size, column * size : (column + 1) * size]
            alone = made.rows[row][column]
            assert (tile == cloud_picture(alone.points, alone.colors, size, 1)).all()
    with pytest.raises(ValueError, match='1 titles do not fit'):
        Panels([[panel(), panel()]], ['one'])


def test_a_circle_is_around_its_place():
    place = panel().points[[3]]
    picture = Panels([[panel(circled=place)]], ['']).picture(160)[title_height(160) :]
    (center,) = project(place, panel().points, 160)
    rows, columns = np.nonzero(
        (picture == MARK).all(-1) & (cloud_picture(panel().points, panel().colors, 160) == 255).all(-1)
    )
    apart = np.hypot(columns - center[0], rows - center[1])
    assert len(apart) > 20
    assert apart.min() > 5
    assert apart.max() < 12


def test_a_figure_has_a_row_at_a_time_and_names_are_text():
    figure = panels(caption=HOSTILE, circled=np.zeros((1, 3))).figure(HOSTILE, 'about it')
    text = json.dumps(figure, allow_nan=False)
    assert HOSTILE not in text
    assert {trace['scene'] for trace in figure['data']} == {'scene', 'scene2'}
    first, second = (button['args'][1] for button in figure['layout']['updatemenus'][0]['buttons'])
    assert [not shown for shown in first] == second == [not trace['visible'] for trace in figure['data']]
    points = panels().rows[0][0].points
    np.testing.assert_allclose([figure['data'][0][axis] for axis in 'xyz'], points.T, atol=6e-4)
    assert 'choose fewer layers' in refused(panels(MOST_SCENES + 1).figure, '')


def test_the_ending_says_what_is_written(tmp_path):
    pytest.importorskip('plotly', reason="pages need pip install '.[vis]'")
    made = panels()
    assert Image.open(made.save(tmp_path / 'new' / 'a.png', size=50)).size == (100, 100 + title_height(50))
    assert json.loads(made.save(tmp_path / 'a.json', 'Title').read_text())['layout']['title'] == {'text': 'Title'}
    page = made.save(tmp_path / 'a.html').read_text('utf-8')
    assert 'turnTogether(document.getElementById' in page
    assert '<script src=' not in page
    assert 'choose one of .png, .html, .json' in refused(made.save, tmp_path / 'a.gif')


def test_a_page_without_plotly_is_refused_in_a_line(tmp_path, monkeypatch):
    real = builtins.__import__

    def absent(name, *rest):
        if name.startswith('plotly'):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, '__import__', absent)
    assert "needs plotly: pip install '.[vis]'" in refused(panels().save, tmp_path / 'a.html')


def test_models_stand_below_each_other_on_each_object():
    both = side_by_side({'one': panels(caption='chair'), 'two': panels()})
    assert [row[0].caption for row in both.rows] == ['one, chair', 'two', 'one, chair', 'two']
    assert (both.rows[3][1].points == panels().rows[1][1].points).all()
    assert side_by_side({'one': panels()}).rows[0][0].caption == ''
    assert 'one has column 0, column 1; two has column 0' in refused(side_by_side, {'one': panels(), 'two': panels(1)})
