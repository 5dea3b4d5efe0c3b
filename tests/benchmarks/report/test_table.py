from __future__ import annotations

from benchmarks.report import Table


def test_markdown_is_what_github_reads():
    table = Table('Results', ['a', 'OA %'], [['x', '1.0 ± 0.5'], ['longer', '12']], ['measured'])
    assert table.markdown().splitlines() == [
        '**Results**',
        '',
        '| a      | OA %      |',
        '|--------|-----------|',
        '| x      | 1.0 ± 0.5 |',
        '| longer | 12        |',
        '',
        '- measured',
    ]
