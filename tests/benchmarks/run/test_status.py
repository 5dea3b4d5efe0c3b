from __future__ import annotations

import pytest
from filelock import FileLock

from benchmarks.run.estimate import Estimator
from benchmarks.run.results import Results
from benchmarks.run.status import NAME, note_run, status_text
from benchmarks.suites.job import Job, Outcome, in_order
from tests.benchmarks.run.toy import broken, suite, trainings
from zoo.errors import UsageError


@pytest.fixture
def begun(tmp_path):
    """A run of two trainings and six measurements by two processes: one training done, the other just begun."""
    jobs = in_order(suite(seeds=2))
    note_run(tmp_path, jobs, 2, Estimator())
    results, (first, second) = Results(tmp_path), trainings(2, 0.03)
    results.note('begin', first.key)
    results.put(first, Outcome({'weights': 0}), seconds=20.0)
    results.note('begin', second.key)
    (tmp_path / 'locks').mkdir()
    return results, second, jobs


def test_a_run_says_what_is_done_what_runs_and_how_long_it_takes(begun):
    results, second, jobs = begun
    with FileLock(results.out / 'locks' / f'{second.key}.lock'):
        first, running = status_text(results.out).splitlines()
    # Every job was expected to take a second and took twenty: seven of them, shared by two.
    assert first.endswith(f': 1 of {len(jobs)} jobs done, 1 running, about 70 s left with 2 processes')
    assert running == 'running  1 s of about 20 s  train 1'


def test_a_run_that_was_killed_has_stopped(begun):
    results, second, jobs = begun
    (results.out / 'locks' / f'{second.key}.lock').touch()
    with results.events.open('a') as file:
        file.write('{"event": "beg')
    first, last = status_text(results.out).splitlines()
    assert f'1 of {len(jobs)} jobs done, none is running' in first
    assert last.startswith('stopped')


def test_failures_name_their_logs_and_what_waits_for_them(tmp_path):
    job = broken('raising')
    waits = Job(job.type, {'how': 'waiting'}, {'weights': job}, 'waits')
    note_run(tmp_path, [job, waits], 1, Estimator())
    results = Results(tmp_path)
    results.put_failure(job, 'ValueError: broken on purpose')
    results.put_failure(waits, 'not run: needs break by raising, which failed')
    first, failed = status_text(tmp_path).splitlines()
    assert first.endswith('0 of 2 jobs done, 1 failed, 1 wait for those and cannot run, none is running')
    assert failed == f'failed   break by raising: ValueError: broken on purpose ({results.log(job.key)})'


def test_no_run_and_a_damaged_note_are_said(tmp_path):
    with pytest.raises(UsageError, match='holds no run'):
        status_text(tmp_path)
    (tmp_path / NAME).write_text('{"jobs": {}}')
    with pytest.raises(UsageError, match='is damaged'):
        status_text(tmp_path)
