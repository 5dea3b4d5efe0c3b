from __future__ import annotations

import pytest

from benchmarks.records import Estimate
from benchmarks.report import Cell, Quoted, Table, as_csv, as_latex, as_markdown, page, save_table


def test_markdown_is_what_github_reads():
    table = Table('Results', ['a', 'OA %'], [['x', '1.0 ± 0.5'], ['longer', '12']], ['measured'])
    assert as_markdown(table).splitlines() == [
        '**Results**',
        '',
        '| a      | OA %      |',
        '|--------|-----------|',
        '| x      | 1.0 ± 0.5 |',
        '| longer | 12        |',
        '',
        '- measured',
    ]


def test_texts_that_look_like_numbers_stay_as_they_are():
    table = Table('t', ['a', 'b'], [['1e3', '007'], ['1.50', '-']])
    assert '| 1e3  | 007 |' in as_markdown(table)
    assert '1.50 & -' in as_latex(table)
    assert as_csv(table) == 'a,b\n1e3,007\n1.50,-\n'


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        ('word', 'word'),
        (3, '3'),
        (3.14159, '3.14'),
        (None, '–'),
        (Estimate(51.23, 1.14, 3), '51.23 ± 1.14'),
        (Estimate(51.23, float('nan'), 1), '51.23 (1 seed)'),
        (Quoted(95.3), '95.3'),
        (Quoted(97.3, 1.9), '97.3 (std 1.9)'),
    ],
)
def test_cells_are_typed(value, text):
    assert Cell.of(value).text(2) == text


def test_bold_and_marks_are_the_cells_own():
    table = Table(
        't', ['m', 'OA'], [['a', Cell(Estimate(51.2, 1.1, 3), bold=True, mark='↑')], ['b', Cell(1.0, mark='↓')]]
    )
    assert '| **51.2 ± 1.1** ↑ |' in as_markdown(table)
    assert r'a & \textbf{51.2 $\pm$ 1.1} $\uparrow$ \\' in as_latex(table)
    assert '<strong>51.2 ± 1.1</strong> <span class="mark">↑</span>' in page(table.title, [table])
    assert as_csv(table).splitlines() == [
        'm,OA,OA low,OA high,OA std,OA n,OA best,OA mark',
        'a,51.2,50.1,52.300000000000004,,3,yes,↑',
        'b,1.0,,,,,,↓',
    ]


def test_blocks_stand_apart_in_every_format():
    table = Table('t', ['m', 'x'], [['ours', 1.0]], blocks={'Published': [['theirs', Quoted(2.5)]]})
    assert '| *Published* |     |' in as_markdown(table)
    assert r'\multicolumn{2}{l}{\textit{Published}} \\' in as_latex(table)
    assert '<tr><th scope="rowgroup" colspan="2">Published</th></tr>' in page(table.title, [table])
    assert as_csv(table).splitlines()[2] == 'Published,theirs,2.5,,,,'


def test_a_table_of_blocks_alone():
    table = Table('t', ['m'], [], blocks={'A': [['x']]})
    assert as_csv(table) == 'block,m\nA,x\n'


def test_a_ragged_row_is_named():
    with pytest.raises(ValueError, match='3 cells under 2 names'):
        as_markdown(Table('t', ['a', 'b'], [['1', '2', '3']]))


def test_saving_writes_all_formats(tmp_path):
    table = Table('t', ['a'], [['x']])
    save_table(table, tmp_path / 'deep' / 'table.v2')
    assert {path.name: path.read_text(encoding='utf-8') for path in (tmp_path / 'deep').iterdir()} == {
        'table.v2.md': as_markdown(table),
        'table.v2.csv': as_csv(table),
        'table.v2.tex': as_latex(table),
        'table.v2.html': page('t', [table]),
    }
