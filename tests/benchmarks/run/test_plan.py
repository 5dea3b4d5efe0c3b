from __future__ import annotations

from benchmarks.run.estimate import Estimator
from benchmarks.run.plan import plan_text
from benchmarks.run.results import Results
from benchmarks.suites.job import Job, Outcome
from benchmarks.suites.table import TablePlan
from tests.benchmarks.run import toy


def planned(results):
    made = TablePlan(name='s', title='Title', missing={'ModelNet40': 'get it there'})
    for seed, training in enumerate(toy.trainings(3, 0)):
        settings = {'student': 'toy', 'data': 'a', 'seed': seed, 'sleep': 0}
        made.add('toy', 'a', seed, Job(toy.MEASURE, settings, {'weights': training}, f'svm toy on a, seed {seed}'))
    lines = plan_text([made], results, Estimator(), 2).splitlines()
    return [' '.join(line.split()) for line in lines], list(made.jobs.values())


def test_repetitions_are_one_line_and_what_only_finished_jobs_need_is_none(tmp_path):
    results = Results(tmp_path)
    lines, jobs = planned(results)
    assert 'to do 3 x 1 s svm toy on a, seeds 0 1 2' in lines
    assert 'not present: ModelNet40: get it there' in lines
    assert lines[-1] == '6 of 6 jobs to do, about 3 s with 2 processes'
    results.put(jobs[1], Outcome(), 1.0)
    results.put_failure(jobs[2], 'no memory')
    lines, _ = planned(results)
    assert 'to do 1 s svm toy on a, seed 0' in lines
    assert 'done svm toy on a, seed 1' in lines
    assert 'failed before 1 s svm toy on a, seed 2' in lines
    assert not any('train 1' in line for line in lines)
    assert lines[-1].startswith('4 of 6 jobs to do')
