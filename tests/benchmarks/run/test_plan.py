from __future__ import annotations

from benchmarks.run.estimate import Estimator
from benchmarks.run.plan import list_text, plan_text
from benchmarks.run.results import Results
from benchmarks.suites.job import Job, Outcome
from benchmarks.suites.sheet import Sheet
from tests.benchmarks.run.toy import trainings


def planned(results):
    made = Sheet('s', 'Title', missing={'ModelNet40': 'get it there'})
    for seed, training in enumerate(trainings(3, 0)):
        settings = {'student': 'toy', 'data': 'a', 'seed': seed, 'sleep': 0}
        made.add('toy', 'a', seed, Job('toy_measure', settings, {'weights': training}, f'svm toy on a, seed {seed}'))
    return plan_text([made], results, Estimator(), 2).splitlines(), [figure.job for figure in made.figures]


def narrow(lines):
    """Lines without what aligns them."""
    return [' '.join(line.split()) for line in lines]


def test_repetitions_are_one_line_and_what_only_finished_jobs_need_is_none(tmp_path):
    results = Results(tmp_path)
    lines, jobs = planned(results)
    assert 'to do 3 x 1 s svm toy on a, seeds 0 1 2' in narrow(lines)
    assert 'not present: ModelNet40: get it there' in lines
    assert lines[-1] == '6 of 6 jobs to do, about 3 s with 2 processes'
    about = {'kind': 'toy_measure', 'label': str(jobs[1]), 'like': '', 'guess': 1.0, 'seconds': 1.0}
    results.put(jobs[1].key, about, Outcome())
    results.put_failure(jobs[2].key, str(jobs[2]), 'no memory')
    lines, _ = planned(results)
    assert 'to do 1 s svm toy on a, seed 0' in narrow(lines)
    assert 'done svm toy on a, seed 1' in narrow(lines)
    assert 'failed before 1 s svm toy on a, seed 2' in narrow(lines)
    assert not any('train 1' in line for line in lines)
    assert lines[-1].startswith('4 of 6 jobs to do')


def test_everything_that_can_be_asked_for_is_listed_with_what_it_shows():
    text = list_text()
    assert text.index('--suite') < text.index('leaderboard') < text.index('--table') < text.index('--study')
