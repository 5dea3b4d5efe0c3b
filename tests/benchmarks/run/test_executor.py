from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import Future
from pathlib import Path

import pytest

from benchmarks.run.display import State
from benchmarks.run.engines import Local
from benchmarks.run.estimate import Estimator
from benchmarks.run.executor import Executor
from benchmarks.run.results import Results
from benchmarks.suites.job import Job, Outcome, in_order
from tests.benchmarks.run import toy
from tests.benchmarks.run.here import Here
from tests.benchmarks.run.toy import broken, execute, suite, table, trainings
from zoo.errors import UsageError

ROOT = Path(__file__).resolve().parents[3]


def events(out):
    return [json.loads(line) for line in (out / 'events.jsonl').read_text().splitlines()]


def start(out):
    """The harness in small as a process group of its own."""
    command = [sys.executable, '-m', toy.MODULE, str(out)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)


@pytest.fixture(scope='module')
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp('whole')
    execute(suite(), out)
    return table(suite(), out)


def test_killed_five_times_at_random_the_table_is_the_same_and_nothing_done_ran_again(tmp_path, undisturbed):
    generator = random.Random(7)
    for _ in range(5):
        process = start(tmp_path)
        before = len(events(tmp_path)) if (tmp_path / 'events.jsonl').is_file() else 0
        deadline = time.monotonic() + 300
        # Wait until it is at work, so that the kill hits a job and not the import of Python's modules.
        while process.poll() is None and time.monotonic() < deadline:
            if (tmp_path / 'events.jsonl').is_file() and len(events(tmp_path)) > before:
                break
            time.sleep(0.01)
        time.sleep(generator.uniform(0.0, 0.25))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    last = start(tmp_path)
    printed = last.communicate(timeout=300)[0].split('\n')[:-1]
    assert last.returncode == 0
    assert printed == undisturbed
    ended = set()
    for event in events(tmp_path):
        if event['event'] == 'begin':
            assert event['key'] not in ended
        else:
            ended.add(event['key'])
    jobs = suite()
    assert ended >= {job.key for job in jobs}
    assert Counter(event['key'] for event in events(tmp_path) if event['event'] == 'end').most_common(1)[0][1] == 1


def test_workers_end_with_a_harness_that_is_killed(tmp_path):
    process = start(tmp_path)
    while not (tmp_path / 'events.jsonl').is_file():
        time.sleep(0.02)
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 60
    while _members(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _members(process.pid)


def _members(group):
    """Living processes of a process group."""
    found = subprocess.run(['ps', '-o', 'pid=,stat=', '-g', str(group)], capture_output=True, text=True).stdout
    return [line for line in found.splitlines() if 'Z' not in line.split()[1]]


def test_two_harnesses_on_one_folder_share_the_work(tmp_path, undisturbed):
    processes = [start(tmp_path) for _ in range(2)]
    printed = [process.communicate(timeout=300)[0].split('\n')[:-1] for process in processes]
    assert printed == [undisturbed] * 2
    begun = Counter(event['key'] for event in events(tmp_path) if event['event'] == 'begin')
    assert set(begun.values()) == {1}


@pytest.mark.parametrize('how', ['raise', 'die'])
def test_one_failing_job_leaves_the_rest_and_says_why(tmp_path, how):
    bad = broken(how)
    after = Job(toy.MEASURE, {'student': 'x', 'data': 'y', 'seed': 0, 'sleep': 0}, {'weights': bad}, 'after it')
    last = Job(toy.MEASURE, {'student': 'x', 'data': 'z', 'seed': 0, 'sleep': 0}, {'weights': after}, 'last')
    good = suite(seeds=1)
    state, shown = execute([*good, last], tmp_path)
    assert {job.key for job in good} <= set(state.done)
    assert set(state.failed) == {bad.key}
    assert state.blocked == {after.key: str(bad), last.key: str(bad)}
    assert any(f'{after}: not run' in line for line in shown)
    assert sum('tried again' in line for line in shown) == (how == 'die'), (
        'a process that dies has a second chance, no third'
    )
    results = Results(tmp_path)
    assert results.failure(bad.key) == state.failed[bad.key] != ''
    assert not results.done(bad.key)
    assert 'about to fail' in results.log(bad.key).read_text()
    if how == 'die':
        assert state.failed[bad.key] == 'its process ended with EXIT(3)'
    else:
        assert 'broken on purpose' in state.failed[bad.key]
        assert 'Traceback' in results.log(bad.key).read_text()


def test_a_job_that_failed_is_tried_again(tmp_path):
    bad = broken('raise')
    for _ in range(2):
        assert set(execute([bad], tmp_path)[0].failed) == {bad.key}
    assert [event['event'] for event in events(tmp_path)] == ['begin', 'failed'] * 2


def test_a_worker_that_the_system_kills_twice_is_a_failure_and_costs_no_other_job(tmp_path):
    bad = broken('kill')
    jobs = [bad, *trainings(4, 0.2)]
    state, shown = execute(jobs, tmp_path, workers=2)
    assert len(state.done) == 4
    assert 'SIGKILL(-9), perhaps for want of memory' in state.failed[bad.key]
    assert sum('tried again' in line for line in shown) == 1
    seen = Counter((event['key'], event['event']) for event in events(tmp_path))
    assert [seen[bad.key, event] for event in ('begin', 'lost', 'failed')] == [2, 1, 1]
    assert all(seen[job.key, 'begin'] == seen[job.key, 'end'] == 1 for job in jobs[1:])


def test_gpus_are_dealt_out_one_a_worker_and_threads_are_one(tmp_path, monkeypatch):
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '3,5')
    assert Local().slots == 2
    jobs = [Job(toy.LOOK, {'number': number, 'sleep': 0.2}) for number in range(6)]
    execute(jobs, tmp_path, workers=2)
    seen = [Results(tmp_path).get(job.key) for job in jobs]
    gpus = {look['process']: look['gpu'] for look in seen}
    assert Counter(gpus.values()) == {'3': 1, '5': 1}
    assert all(gpus[look['process']] == look['gpu'] for look in seen)
    assert {look['threads'] for look in seen} == {'1'}


def test_nothing_to_do_starts_no_process(tmp_path):
    jobs = trainings(1, 0)
    execute(jobs, tmp_path)
    before = events(tmp_path)
    state, _ = execute(jobs, tmp_path)
    assert not state.jobs
    assert events(tmp_path) == before


def test_a_worker_that_cannot_start_is_an_error_that_says_why(tmp_path):
    class Broken(Here):
        def submit(self, slot, function, out, job):
            future = Future()
            future.set_exception(ModuleNotFoundError("No module named 'benchmarks'"))
            return future

    with pytest.raises(UsageError, match=r"cannot start: ModuleNotFoundError: No module named 'benchmarks'"):
        execute(trainings(1, 0), tmp_path, engine=Broken())


def test_jobs_that_read_the_same_weights_are_not_begun_together(tmp_path):
    jobs = suite(seeds=2)
    for job in {job.needs['weights'].key: job.needs['weights'] for job in jobs}.values():
        Results(tmp_path).put(job, Outcome({'weights': 0}))
    waiting = in_order(jobs, Results(tmp_path).done)

    class Two(Here):
        slots = 2
        given = []

        def submit(self, slot, function, out, job):
            self.given.append((slot, job.settings['seed']))
            return Future()

    executor = Executor(State(waiting), Results(tmp_path), Two(), None, Estimator())
    executor._submit()
    assert sorted(Two.given) == [(0, 0), (1, 1)] or sorted(Two.given) == [(0, 1), (1, 0)]
    executor._free = [2, 3]
    executor._submit()  # where there is no other choice, they are
    assert len(Two.given) == 4
