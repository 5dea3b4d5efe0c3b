from __future__ import annotations

import sys

import pytest
from filelock import FileLock

from benchmarks.run.results import Results
from benchmarks.run.worker import serve
from benchmarks.suites.job import Job
from tests.benchmarks.run import toy
from zoo.errors import UsageError


def order(job):
    return {
        'key': job.key,
        'kind': job.kind,
        'label': str(job),
        'like': job.kind,
        'guess': 1.0,
        'settings': job.settings,
        'needs': {role: need.key for role, need in job.needs.items()},
    }


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path)


def test_a_job_is_done_once(results):
    job = toy.trainings(1, 0)[0]
    first, second = (serve(results, order(job)) for _ in range(2))
    assert first['state'] == second['state'] == 'done'
    assert (first['seconds'] > 0, second['seconds']) == (True, 0.0)
    assert results.get(job.key) == {'weights': 0}
    assert (results.out / 'events.jsonl').read_text().count('"begin"') == 1


def test_a_job_that_another_process_claims_is_left_to_it(results):
    job = toy.trainings(1, 0)[0]
    place = results.out / 'locks' / f'{job.key}.lock'
    place.parent.mkdir()
    with FileLock(place):
        assert serve(results, order(job)) == {'key': job.key, 'state': 'busy'}
    assert serve(results, order(job))['state'] == 'done'


def test_what_a_job_prints_goes_to_its_log(results, capfd):
    sys.stdout.flush()
    answer = serve(results, order(toy.broken('raise')))
    assert answer['state'] == 'failed'
    assert answer['error'] == 'ValueError: broken on purpose'
    assert 'about to fail' in results.log(answer['key']).read_text()
    assert 'about to fail' not in capfd.readouterr().out


def test_a_failure_is_forgotten_when_the_job_is_done(results):
    job = toy.trainings(1, 0)[0]
    results.put_failure(job.key, str(job), 'an earlier one')
    assert results.failure(job.key) == 'an earlier one'
    serve(results, order(job))
    assert results.failure(job.key) == ''


def test_a_broken_result_says_which_file(results):
    job = toy.trainings(1, 0)[0]
    serve(results, order(job))
    path = results.store.path
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(UsageError, match=f'result {job.key} in .*{path.name} is missing or damaged'):
        Results(results.out).get(job.key)


def test_a_job_may_fork_processes(tmp_path):
    """The thread that reads orders holds the lock of its file; a forked process must not wait for that."""
    job = Job('toy_fork', {'patience': 30})
    toy.execute([job], tmp_path)
    results = Results(tmp_path)
    assert results.failure(job.key) == ''
    assert results.get(job.key) == {'code': 0}
