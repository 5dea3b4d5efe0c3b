from __future__ import annotations

from benchmarks.run.graph import all_jobs, longest_ways, to_do
from tests.benchmarks.run.toy import suite


def test_every_job_once_and_after_what_it_needs():
    # Built twice, as two suites would that share their trainings.
    jobs = all_jobs([*suite(seeds=2), *suite(seeds=2)])
    keys = [job.key for job in jobs]
    assert len(keys) == len(set(keys)) == 2 + 2 * 3
    for place, job in enumerate(jobs):
        assert {need.key for need in job.needs.values()} <= set(keys[:place])


def test_what_only_finished_jobs_need_does_not_run():
    wanted = suite(seeds=2)
    of_first = {job.key for job in wanted if job.settings['seed'] == 0}
    found = to_do(wanted, of_first.__contains__)
    assert {job.settings['seed'] for job in found} == {1}
    assert [job.kind for job in found].count('toy_train') == 1


def test_the_longest_way_goes_through_what_waits():
    jobs = all_jobs(suite(seeds=1))
    lengths = {'toy_train': 5.0, 'toy_measure': 2.0}
    ways = longest_ways(jobs, lambda job: lengths[job.kind])
    assert [ways[job.key] for job in jobs] == [7.0, 2.0, 2.0, 2.0]
