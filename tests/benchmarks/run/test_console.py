from __future__ import annotations

import re

from benchmarks.records.statistics import Estimate
from benchmarks.report import Cell, Table
from benchmarks.run.console import BOLD, PLAIN, RED, terminal_text


def table(title, *notes):
    rows = [
        ['from scratch', '–', '3', Cell(Estimate(40.0, 1.5, 3)), 'not run'],
        ['recon-nano', 'a long text about teachers', '3', Cell(Estimate(60.0, 1.25, 3), True, '↑'), 'failed'],
    ]
    blocks = {
        'Failed': [['svm recon', 'no memory (logs/k.log)', '', '', '']],
        'Not present': [['ModelNet40', 'see the notes', '', '', '']],
        'Published': [['PointNet', 'a source', '', 89.2, '']],
    }
    return Table(title, ['model', 'supervised by', 'seeds', 'procedural cad, SVM', 'x'], rows, list(notes), blocks)


def test_a_table_on_a_terminal_shows_figures_failures_and_what_is_missing():
    text = terminal_text([table('Title', 'A note. ' * 20, 'ModelNet40 is not present: get it there.')], 60)
    assert f'{BOLD}60.0 ± 1.2 ↑{PLAIN}' in text
    assert f'{RED}failed: svm recon: no memory (logs/k.log){PLAIN}' in text
    assert 'not present: ModelNet40 (--plan' in text
    assert 'get it there' not in text
    assert 'teachers' not in text
    assert 'PointNet' not in text
    plain = re.sub(r'\033\[\d*m', '', text)
    header = next(line for line in plain.splitlines() if line.startswith('model'))
    assert 'procedural' in header
    assert 'SVM' not in header, 'long names go on in the next line'
    assert max(map(len, plain.splitlines())) <= 60
    figures = [line for line in plain.splitlines() if line.startswith(('from', 'recon'))]
    assert figures[0].index('40.0') == figures[1].index('60.0'), 'colors do not shift columns'


def test_what_all_tables_say_is_said_once():
    text = terminal_text([table('One', 'shared', 'only one'), table('Two', 'shared')], 80)
    assert [text.count(note) for note in ('- shared', '- only one')] == [1, 1]
    assert text.index('- only one') < text.index('Two') < text.index('All tables') < text.index('- shared')
    assert 'All tables' not in terminal_text([table('One', 'own')], 80)
