from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

import benchmarks
from benchmarks.suites.code import code_version
from benchmarks.suites.job import KINDS, Job, kind
from tests.benchmarks.run import toy


def test_a_key_follows_all_that_decides_the_result_and_nothing_else(monkeypatch):
    base = Job(
        'toy_measure', {'a': 1, 'b': [1, 2]}, {'weights': Job('toy_train', {'seed': 0, 'sleep': 0})}, label=toy.MODULE
    )
    same = dataclasses.replace(base, settings={'b': [1, 2], 'a': 1}, label='something else')
    assert same.key == base.key
    others = [
        dataclasses.replace(base, settings={'a': 1, 'b': [2, 1]}),
        dataclasses.replace(base, kind='toy_train'),
        dataclasses.replace(base, needs={'weights': Job('toy_train', {'seed': 1, 'sleep': 0})}),
        dataclasses.replace(base, needs={'other': base.needs['weights']}),
    ]
    monkeypatch.setitem(KINDS, 'toy_measure', dataclasses.replace(KINDS['toy_measure'], code=('zoo.errors',)))
    others.append(dataclasses.replace(base))
    assert len({base.key, *(job.key for job in others)}) == 1 + len(others)


def test_settings_that_json_cannot_hold_are_refused():
    with pytest.raises(TypeError):
        _ = Job('toy_train', {'path': object()}).key


def test_a_kind_is_registered_once():
    with pytest.raises(ValueError, match='toy_train'):
        kind('toy_train')(lambda task: None)


def test_the_code_of_every_kind_is_there():
    from benchmarks.suites.everything import SUITES

    assert SUITES
    for entry in KINDS.values():
        assert code_version(*entry.code)


def test_the_version_of_a_protocol_is_written_in_its_class_alone():
    """A literal beside it would stay behind when the class is raised, and records would claim the older version."""
    files = (Path(benchmarks.__file__).parent / 'protocols').rglob('*.py')
    assert not [path.name for path in files if re.search(r"'version': \d", path.read_text('utf-8'))]
