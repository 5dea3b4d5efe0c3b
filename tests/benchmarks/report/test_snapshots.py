"""A whole leaderboard in the four formats, as committed. ``UPDATE_SNAPSHOTS=1`` writes them anew for review."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest

from benchmarks.published import published
from benchmarks.report import leaderboard, save_table
from tests.benchmarks.report.boards import full

SNAPSHOTS = Path(__file__).with_name('snapshots')


def parsed(content, ending):
    """Text as it is; raw numbers to 9 digits, as the last ones differ between releases of numpy."""
    if ending != 'csv':
        return content
    return [[rounded(cell) for cell in row] for row in csv.reader(io.StringIO(content))]


def rounded(cell):
    try:
        return f'{float(cell):.9g}'
    except ValueError:
        return cell


@pytest.fixture(scope='module')
def table():
    records, reader = full()
    quoted = [row.record() for row in published(method=['ReCon', 'OcCo (DGCNN)'], protocol=['svm', 'few_shot'])]
    return leaderboard(
        [*records, *quoted],
        title='Linear SVM & few-shot',
        predictions=reader,
        marks='from scratch',
        published_columns=True,
    )


@pytest.mark.parametrize('ending', ['md', 'csv', 'tex', 'html'])
def test_the_leaderboard_looks_as_it_did(table, tmp_path, ending):
    save_table(table, tmp_path / 'leaderboard')
    path = SNAPSHOTS / f'leaderboard.{ending}'
    content = (tmp_path / path.name).read_text(encoding='utf-8')
    if os.environ.get('UPDATE_SNAPSHOTS'):
        path.write_text(content, encoding='utf-8')
    assert parsed(content, ending) == parsed(path.read_text(encoding='utf-8'), ending)
