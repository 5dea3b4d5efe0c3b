"""How long jobs will take, by what like jobs took."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from benchmarks.records import Result
from benchmarks.suites.job import Job

NO_GUESS = 0.05
"""Seconds; a guess below is taken for this."""


class Estimator:
    """Corrects the guess of a job by the ratio of truth to guess of its like: same kind and student, else same kind.

    Args:
        finished: jobs that are done, as :meth:`benchmarks.run.results.Results.finished` yields them.
    """

    def __init__(self, finished: Iterable[Result] = ()) -> None:
        self._ratios: dict[str, list[float]] = {}
        self._medians: dict[str, float] = {}
        for entry in (result for result in finished if result.kind):
            self.learn(entry.kind, entry.like, entry.guess, entry.seconds)

    def learn(self, kind: str, like: str, guess: float, seconds: float) -> None:
        """Take a finished job into account."""
        ratio = seconds / max(guess, NO_GUESS)
        for name in (kind, like):
            self._ratios.setdefault(name, []).append(ratio)
            self._medians.pop(name, None)

    def seconds(self, job: Job) -> float:
        """Estimate of one job."""
        known = next((name for name in (like(job), job.kind) if name in self._ratios), '')
        return max(job.seconds, NO_GUESS) * (self._median(known) if known else 1.0)

    def _median(self, name: str) -> float:
        """Median ratio, kept until there is another: the time that is left is asked for after every job."""
        if name not in self._medians:
            self._medians[name] = statistics.median(self._ratios[name])
        return self._medians[name]


def like(job: Job) -> str:
    """What jobs of about the same speed have in common."""
    return f'{job.kind} {job.settings.get("student", "")}'


def in_words(seconds: float) -> str:
    """A duration as people say it."""
    if seconds < 90:
        return f'{max(1, round(seconds))} s'
    if seconds < 5400:
        return f'{round(seconds / 60)} min'
    return f'{seconds / 3600:.1f} h'
