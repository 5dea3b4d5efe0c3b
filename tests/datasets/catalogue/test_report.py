"""Findings as lines, as JSON and as an exit code."""

from __future__ import annotations

import json

import pytest

from tests.refusals import refused
from zoo.datasets.catalogue.report import Report, few, number


def test_lines_are_in_order_and_end_with_the_verdict():
    report = Report('a set')
    report.add('ok', 'train', 'as published')
    report.add('warning', 'test', 'odd')
    assert list(report.lines()) == [
        'ok      train: as published',
        'warning test: odd',
        'a set: right (1 warning)',
    ]
    report.add('failed', 'test', 'too few')
    assert report.verdict() == 'a set: wrong (1 failed, 1 warning)'
    assert [finding.text for finding in report.at('failed')] == ['too few']


def test_damage_is_one_line_that_names_the_first_file():
    report = Report('a set')
    report.raise_for_damage()
    report.add('damaged', 'train', 'a.npy is cut off')
    assert refused(report.raise_for_damage) == 'a.npy is cut off'
    report.add('damaged', 'train', 'b.npy is cut off')
    assert refused(report.raise_for_damage).startswith('a.npy is cut off (1 more')
    assert 'wrong' in report.verdict()


def test_json_holds_findings_and_figures(tmp_path):
    report = Report('a set', facts={'parts': {'train': {'objects': 3}}})
    report.add('note', 'train', 'small')
    report.write_json(tmp_path / 'report.json')
    content = json.loads((tmp_path / 'report.json').read_text())
    assert content['findings'] == [{'level': 'note', 'subject': 'train', 'text': 'small'}]
    assert content['parts']['train']['objects'] == 3
    assert [path.name for path in tmp_path.iterdir()] == ['report.json']
    assert 'cannot be written' in refused(report.write_json, tmp_path / 'nowhere' / 'report.json')


def test_an_unknown_level_is_a_mistake_in_the_code():
    with pytest.raises(ValueError, match='none of'):
        Report('a set').add('fatal', 'train', 'x')


def test_words():
    assert few('abcde') == 'a, b, c and 2 more'
    assert few(['a']) == 'a'
    assert number(1, 'object') == '1 object'
    assert number(2468, 'object') == '2,468 objects'
    assert number(2, 'class') == '2 classes'
