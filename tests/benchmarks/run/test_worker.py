from __future__ import annotations

import sys

import pytest
from filelock import FileLock

from benchmarks.run.results import Results
from benchmarks.run.worker import serve
from benchmarks.suites.job import Job
from tests.benchmarks.run import toy
from zoo.errors import UsageError

(TRAINING,) = toy.trainings(1, 0)


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path)


def test_a_job_is_done_once_and_forgets_an_earlier_failure(results):
    results.put_failure(TRAINING, 'an earlier one')
    assert results.failure(TRAINING.key) == 'an earlier one'
    first, second = (serve(results, TRAINING) for _ in range(2))
    assert results.failure(TRAINING.key) == ''
    assert first['state'] == second['state'] == 'done'
    assert (first['seconds'] > 0, second['seconds']) == (True, 0.0)
    assert results.get(TRAINING.key) == {'weights': 0}
    assert (results.out / 'events.jsonl').read_text().count('"begin"') == 1


def test_a_job_that_another_process_claims_is_left_to_it(results):
    place = results.out / 'locks' / f'{TRAINING.key}.lock'
    place.parent.mkdir()
    with FileLock(place):
        assert serve(results, TRAINING) == {'state': 'busy'}
    assert serve(results, TRAINING)['state'] == 'done'


def test_what_a_job_prints_goes_to_its_log(results, capfd):
    sys.stdout.flush()
    answer = serve(results, toy.broken('raise'))
    assert answer['state'] == 'failed'
    assert answer['error'] == 'ValueError: broken on purpose'
    assert 'about to fail' in results.log(toy.broken('raise').key).read_text()
    assert 'about to fail' not in capfd.readouterr().out


def test_a_broken_result_says_which_file(results):
    serve(results, TRAINING)
    path = results.store.path
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(UsageError, match=f'result {TRAINING.key} in .*{path.name} is missing or damaged'):
        Results(results.out).get(TRAINING.key)


def test_a_job_may_fork_processes(tmp_path):
    """The thread that reads orders holds the lock of its file; a forked process must not wait for that."""
    job = Job(toy.FORK, {'patience': 30})
    toy.execute([job], tmp_path)
    results = Results(tmp_path)
    assert results.failure(job.key) == ''
    assert results.get(job.key) == {'code': 0}
