"""Which jobs have to run, in which order."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

from benchmarks.suites.job import Job


def all_jobs(wanted: Iterable[Job]) -> list[Job]:
    """The jobs and everything they need, each once, every job after what it needs."""
    return to_do(wanted, lambda key: False)


def to_do(wanted: Iterable[Job], done: Callable[[str], bool]) -> list[Job]:
    """Those that have to run, every job after what it needs; what only finished jobs need is left out.

    Args:
        wanted: jobs whose results are asked for.
        done: says of a key whether its job is finished.
    """
    found: dict[str, Job] = {}
    skip = functools.cache(done)  # it reads files

    def visit(job: Job) -> None:
        if job.key not in found and not skip(job.key):
            for need in job.needs.values():
                visit(need)
            found[job.key] = job

    for job in wanted:
        visit(job)
    return list(found.values())


def longest_ways(jobs: list[Job], seconds: Callable[[Job], float]) -> dict[str, float]:
    """Seconds from the start of every job to the end of the last one that waits for it.

    Running the largest first keeps all processes busy to the end.

    Args:
        jobs: jobs as :func:`to_do` returns them.
        seconds: estimate of a job's duration.
    """
    ways = {job.key: 0.0 for job in jobs}
    for job in reversed(jobs):  # all that wait for a job come before it here
        ways[job.key] += seconds(job)
        for need in job.needs.values():
            ways[need.key] = max(ways.get(need.key, 0.0), ways[job.key])
    return ways
