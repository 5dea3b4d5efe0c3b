"""How long jobs will take, by what like jobs took."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from benchmarks.records import Result
from benchmarks.suites.job import Job

NO_GUESS = 0.05
"""Seconds; a guess below is taken for this."""


class Estimator:
    """Corrects the guess of a job by the ratio of truth to guess of its like: same type and student, else same type.

    Args:
        finished: finished jobs.
    """

    def __init__(self, finished: Iterable[Result] = ()) -> None:
        self._ratios: defaultdict[str, list[float]] = defaultdict(list)
        self._medians: dict[str, float] = {}
        for result in finished:
            if result.kind:
                self.learn(result.kind, result.like, result.guess, result.seconds)

    def learn(self, job_type: str, like: str, guess: float, seconds: float) -> None:
        """Take a finished job into account: its type, what it is like, and the seconds guessed and needed."""
        for name in (job_type, like):
            self._ratios[name].append(seconds / max(guess, NO_GUESS))
            self._medians.pop(name, None)

    def seconds(self, job: Job) -> float:
        """Estimate of one job."""
        name = job.like if job.like in self._ratios else job.type
        if name not in self._medians:  # kept: the time that is left is asked for after every job
            self._medians[name] = statistics.median(self._ratios.get(name, [1.0]))
        return max(job.seconds, NO_GUESS) * self._medians[name]

    def critical_paths(self, jobs: Sequence[Job]) -> dict[str, float]:
        """Seconds from the start of every job to the end of the last one that waits for it, by key.

        Args:
            jobs: jobs in the order of :func:`benchmarks.suites.job.in_order`.
        """
        paths = dict.fromkeys((job.key for job in jobs), 0.0)
        for job in reversed(jobs):  # all that wait for a job come before it here
            paths[job.key] += self.seconds(job)
            for need in job.needs.values():
                paths[need.key] = max(paths.get(need.key, 0.0), paths[job.key])
        return paths

    def total(self, jobs: Sequence[Job], workers: int) -> float:
        """Seconds of a run: the work shared out, but never less than the critical path."""
        return max([sum(map(self.seconds, jobs)) / workers, *self.critical_paths(jobs).values()])


def shared(seconds: Collection[float], workers: int) -> float:
    """Seconds that independent jobs take together: the work shared out, but never less than the longest."""
    return max([sum(seconds) / workers, *seconds])


def in_words(seconds: float) -> str:
    """A duration as people say it."""
    if seconds < 90:
        return f'{max(1, round(seconds))} s'
    return f'{round(seconds / 60)} min' if seconds < 5400 else f'{seconds / 3600:.1f} h'
