from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

import benchmarks
from benchmarks.protocols.base import load_all
from benchmarks.suites.code import code_version
from benchmarks.suites.job import JOB_TYPES, Job, in_order, job_type
from tests.benchmarks.run import toy
from zoo.errors import UsageError

TRAINING = Job(toy.TRAIN, {'seed': 0, 'sleep': 0})


def test_a_key_follows_all_that_decides_the_result_and_nothing_else(monkeypatch):
    base = Job(toy.MEASURE, {'a': 1, 'b': [1, 2]}, {'weights': TRAINING})
    assert dataclasses.replace(base, settings={'b': [1, 2], 'a': 1}, label='something else').key == base.key
    others = [
        dataclasses.replace(base, settings={'a': 1, 'b': [2, 1]}),
        dataclasses.replace(base, type=toy.TRAIN),
        dataclasses.replace(base, needs={'weights': Job(toy.TRAIN, {'seed': 1, 'sleep': 0})}),
        dataclasses.replace(base, needs={'other': TRAINING}),
    ]
    keys = {base.key, *(job.key for job in others)}
    monkeypatch.setitem(JOB_TYPES, toy.MEASURE, dataclasses.replace(JOB_TYPES[toy.MEASURE], code=('zoo.errors',)))
    keys.add(dataclasses.replace(base).key)
    assert len(keys) == 2 + len(others)
    with pytest.raises(TypeError):
        _ = Job(toy.TRAIN, {'path': object()}).key


def test_job_types_are_registered_once_found_by_name_and_their_code_is_there():
    with pytest.raises(ValueError, match='toy:train'):
        job_type(toy.TRAIN)(lambda task: None)
    for name in ('tokenizer', 'pretrain', 'released', 'recipe', *load_all()):
        assert code_version(*JOB_TYPES[name].code)
    for name, words in {'nothing': 'choose from', 'no.such:thing': 'cannot be imported'}.items():
        with pytest.raises(UsageError, match=words):
            _ = Job(name, {}).key


def test_every_job_once_after_what_it_needs_without_what_only_finished_jobs_need():
    # Built twice, as two suites would that share their trainings.
    jobs = in_order([*toy.suite(seeds=2), *toy.suite(seeds=2)])
    keys = [job.key for job in jobs]
    assert len(keys) == len(set(keys)) == 2 + 2 * 3
    for place, job in enumerate(jobs):
        assert {need.key for need in job.needs.values()} <= set(keys[:place])
    of_first = {job.key for job in jobs if job.type == toy.MEASURE and job.settings['seed'] == 0}
    found = in_order(toy.suite(seeds=2), of_first.__contains__)
    assert [job.type for job in found] == [toy.TRAIN, *[toy.MEASURE] * 3]
    assert {job.settings['seed'] for job in found} == {1}


def test_the_version_of_a_protocol_is_written_in_its_class_alone():
    """A literal beside it would stay behind when the class is raised, and records would claim the older version."""
    files = (Path(benchmarks.__file__).parent / 'protocols').rglob('*.py')
    assert not [path.name for path in files if re.search(r"'version': \d", path.read_text('utf-8'))]
