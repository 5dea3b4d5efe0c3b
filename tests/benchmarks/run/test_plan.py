from __future__ import annotations

import pytest

from benchmarks.run.estimate import Estimator
from benchmarks.run.plan import plan_text
from benchmarks.run.results import Results
from benchmarks.suites import job as job_module
from benchmarks.suites.job import JOB_TYPES, Job, JobType, Outcome
from benchmarks.suites.table import TablePlan
from tests.benchmarks.run import here, toy


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


@pytest.fixture
def later_code(monkeypatch):
    """Start anew with other code of every job."""

    def change():
        monkeypatch.setattr(job_module, 'code_version', lambda *modules: f'later {modules}')

    return change


def test_results_of_other_code_count_where_that_is_asked_for(tmp_path, later_code):
    here.finish(toy.suite(2, 0), tmp_path)
    figures = toy.table(toy.suite(2, 0), tmp_path)
    later_code()
    jobs = toy.suite(3, 0)
    results = Results(tmp_path)
    assert not any(results.done(job.key) for job in jobs)
    taken = results.take_over(jobs)
    assert [str(job) for job in jobs if not results.done(job.key)] == [str(job) for job in jobs[6:]]
    assert len(taken) == 8  # two trainings, and three measurements of each
    for result in taken:
        results.store.add(result)
    assert toy.table(toy.suite(2, 0), tmp_path) == figures
    assert len([*Results(tmp_path).finished()]) == 8 + 8
    assert not Results(tmp_path).take_over(jobs)


def test_what_is_lost_or_measured_by_another_protocol_does_not_count(tmp_path, later_code, monkeypatch):
    jobs = toy.suite(1, 0)
    results = here.finish(jobs, tmp_path)
    training = results.store.results[jobs[0].needs['weights'].key]
    results.store.add(training.model_copy(update={'files': {'runs/gone': 64 * '0'}}))
    later_code()
    now = toy.suite(1, 0)
    # What was measured counts without the weights, and nobody has to make them again.
    taken = Results(tmp_path).take_over(now)
    assert [result.kind for result in taken] == 3 * [toy.MEASURE]
    assert {result.needs['weights'] for result in taken} == {training.key}
    kind = JOB_TYPES[toy.MEASURE]
    monkeypatch.setitem(JOB_TYPES, toy.MEASURE, JobType(kind.run, kind.code, kind.seconds, version=2))
    assert not Results(tmp_path).take_over(now)


def test_where_the_packs_lie_makes_no_other_job(tmp_path, later_code):
    def measure(root):
        pack = f'{root}/shapedb69/points2048.npz'
        settings = {'student': 'toy', 'data': 'a', 'seed': 0, 'sleep': 0, 'test': {'points': pack}}
        return Job(toy.MEASURE, settings, {'weights': toy.trainings(1, 0)[0]})

    results = here.finish([measure(tmp_path / 'here')], tmp_path)
    assert str(tmp_path) not in str([result.settings for result in results.finished()])
    later_code()
    assert len(Results(tmp_path).take_over([measure(tmp_path / 'there')])) == 2
