from __future__ import annotations

import pytest

from benchmarks.records import Result
from benchmarks.run.estimate import Estimator, in_words
from benchmarks.suites.job import Job, in_order
from tests.benchmarks.run import toy


def job(student='a', job_type=toy.MEASURE):
    return Job(job_type, {'student': student})


def test_guesses_are_corrected_by_like_jobs_then_by_those_of_the_type():
    assert Estimator().seconds(job()) == job().seconds == 1.0
    entry = Result(key='a', kind=toy.MEASURE, like=job('a').like, guess=2.0, seconds=6.0)
    taught = Estimator([entry])
    assert taught.seconds(job('a')) == taught.seconds(job('b')) == pytest.approx(3.0)
    taught.learn(toy.MEASURE, job('b').like, 1.0, 10.0)
    assert taught.seconds(job('a')) == pytest.approx(3.0)
    assert taught.seconds(job('b')) == pytest.approx(10.0)
    assert taught.seconds(job(job_type=toy.TRAIN)) == 1.0


def test_a_run_takes_as_long_as_its_critical_path_or_as_the_work_shared_out(monkeypatch):
    jobs, estimator = in_order(toy.suite(seeds=1)), Estimator()
    monkeypatch.setattr(estimator, 'seconds', lambda job: 5.0 if job.type == toy.TRAIN else 2.0)
    assert list(estimator.critical_paths(jobs).values()) == [7.0, 2.0, 2.0, 2.0]
    assert [estimator.total(jobs, workers) for workers in (1, 4)] == [11.0, 7.0]


@pytest.mark.parametrize(('seconds', 'words'), [(0.2, '1 s'), (80, '80 s'), (600, '10 min'), (9000, '2.5 h')])
def test_durations_in_words(seconds, words):
    assert in_words(seconds) == words
