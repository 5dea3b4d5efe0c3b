from __future__ import annotations

import pytest

from benchmarks.records import Result
from benchmarks.run.estimate import Estimator, in_words, like
from benchmarks.suites.job import Job
from tests.benchmarks.run import toy  # registers its kinds


def job(student='a', kind='toy_measure'):
    return Job(kind, {'student': student})


def test_guesses_are_corrected_by_like_jobs_then_by_the_kind():
    assert toy.MODULE
    fresh = Estimator()
    assert fresh.seconds(job()) == job().seconds == 1.0
    entry = Result(key='a', kind='toy_measure', like=like(job('a')), guess=2.0, seconds=6.0)
    taught = Estimator([entry])
    assert taught.seconds(job('a')) == taught.seconds(job('b')) == pytest.approx(3.0)
    taught.learn('toy_measure', like(job('b')), 1.0, 10.0)
    assert taught.seconds(job('a')) == pytest.approx(3.0)
    assert taught.seconds(job('b')) == pytest.approx(10.0)
    assert taught.seconds(job(kind='toy_train')) == 1.0


@pytest.mark.parametrize(('seconds', 'words'), [(0.2, '1 s'), (80, '80 s'), (600, '10 min'), (9000, '2.5 h')])
def test_durations_in_words(seconds, words):
    assert in_words(seconds) == words
