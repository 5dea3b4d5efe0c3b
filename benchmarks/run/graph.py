"""Which jobs have to run, in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from benchmarks.suites.job import Job


def all_jobs(wanted: Iterable[Job]) -> list[Job]:
    """The jobs and everything they need, each once, every job after what it needs."""
    return _ordered(wanted, lambda job: False)


def to_do(wanted: Iterable[Job], done: Callable[[str], bool]) -> list[Job]:
    """Those that have to run, every job after what it needs; what only finished jobs need is left out.

    Args:
        wanted: jobs whose results are asked for.
        done: says of a key whether its job is finished.
    """
    return _ordered(wanted, lambda job: done(job.key))


def _ordered(wanted: Iterable[Job], skip: Callable[[Job], bool]) -> list[Job]:
    """Visit depth first."""
    found: dict[str, Job] = {}
    seen: set[str] = set()

    def visit(job: Job) -> None:
        if job.key in seen:
            return
        seen.add(job.key)
        if skip(job):
            return
        for need in job.needs.values():
            visit(need)
        found[job.key] = job

    for job in wanted:
        visit(job)
    return list(found.values())


def dependants(jobs: Iterable[Job]) -> dict[str, list[str]]:
    """Keys of the jobs that read a job's result, by its key."""
    found: dict[str, list[str]] = {}
    for job in jobs:
        found.setdefault(job.key, [])
        for need in job.needs.values():
            found.setdefault(need.key, []).append(job.key)
    return found


def longest_ways(jobs: list[Job], seconds: Callable[[Job], float]) -> dict[str, float]:
    """Seconds from the start of every job to the end of the last one that waits for it.

    Running the largest first keeps all processes busy to the end.

    Args:
        jobs: as :func:`to_do` returns them.
        seconds: estimate of a job's duration.
    """
    waiting = dependants(jobs)
    ways: dict[str, float] = {}
    for job in reversed(jobs):
        ways[job.key] = seconds(job) + max((ways[key] for key in waiting[job.key] if key in ways), default=0.0)
    return ways
