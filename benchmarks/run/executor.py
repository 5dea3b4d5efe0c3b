"""Run jobs on an engine: each as soon as what it needs is done, none twice."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from benchmarks.run.display import Display, State
from benchmarks.run.engines import Engine
from benchmarks.run.estimate import Estimator
from benchmarks.run.results import Results
from benchmarks.run.worker import work
from benchmarks.suites.job import Job
from zoo.errors import UsageError

AGAIN = 0.5
"""Seconds until a job that another process has claimed is looked at again."""


class Executor:
    """Runs a graph of jobs.

    Args:
        jobs: jobs that have to run, every job after what it needs.
        results: folder of results.
        engine: engine that runs them; closed at the end.
        display: display of what happens.
        estimator: estimator of durations, which learns from every job.
    """

    def __init__(
        self, jobs: Sequence[Job], results: Results, engine: Engine, display: Display, estimator: Estimator
    ) -> None:
        self.jobs = {job.key: job for job in jobs}
        self.results, self.engine, self.display, self.estimator = results, engine, display, estimator
        self.state = State(dict(self.jobs))
        self._paths = estimator.critical_paths(jobs)
        self._free = list(reversed(range(engine.slots)))
        self._running: dict[Any, tuple[Job, int]] = {}
        self._not_before: dict[str, float] = {}
        self._deaths: Counter[str] = Counter()

    def run(self) -> State:
        """Do all jobs that can be done.

        Raises:
            UsageError: jobs cannot start, or the folder of results cannot be written.
        """
        with contextlib.closing(self.engine):
            while self.state.waiting or self._running:
                self._submit()
                for future in self.engine.finished(list(self._running), AGAIN):
                    job, slot = self._running.pop(future)
                    self._free.append(slot)
                    self._take(job, future)
                self.display.update(self.state)
        return self.state

    def _submit(self) -> None:
        """Fill the free slots with what is ready, the longest critical path first, which keeps all busy to the end.

        Jobs that read what a running one reads come later: the first measurement of weights extracts their features,
        and the others find them.
        """
        now = time.monotonic()
        while self._free and (ready := [job for job in self.state.waiting.values() if self._ready(job, now)]):
            job = max(ready, key=lambda job: (self._apart(job), self._paths[job.key]))
            del self.state.waiting[job.key]
            self.state.running[job.key] = now
            slot = self._free.pop()
            self._running[self.engine.submit(slot, work, self.results.out.absolute(), job)] = job, slot

    def _apart(self, job: Job) -> bool:
        """Whether no running job reads the result of a job that this one reads."""
        read = {need.key for key in self.state.running for need in self.jobs[key].needs.values()}
        return read.isdisjoint(need.key for need in job.needs.values())

    def _ready(self, job: Job, now: float) -> bool:
        """Whether all it needs is there and nobody else was at it a moment ago."""
        pending = (need.key in self.jobs and need.key not in self.state.done for need in job.needs.values())
        return now >= self._not_before.get(job.key, 0.0) and not any(pending)

    def _take(self, job: Job, future: Any) -> None:
        """Note what has become of a job."""
        began = self.state.running.pop(job.key)
        try:
            answer = future.result()
        except Exception as error:
            if reason := self.engine.death(error):
                self._died(job, reason, time.monotonic() - began)
                return
            last = str(error).strip().rpartition('\n')[2]
            raise UsageError(f'a worker cannot start: {type(error).__name__}: {last}') from error
        if answer['state'] == 'stopped':
            raise UsageError(f'{answer["error"]}; what is done stays, and the same command goes on once this is mended')
        for line in answer.get('warned', ()):
            self.display.warn(line)
        if answer['state'] == 'busy':
            self.state.waiting[job.key] = job
            self._not_before[job.key] = time.monotonic() + AGAIN
        elif answer['state'] == 'failed':
            self._fail(job, answer['error'], answer['seconds'])
        else:
            self.state.done[job.key] = job
            if answer['seconds']:
                self.estimator.learn(job, answer['seconds'])
            self.display.ended(job, 'done', answer['seconds'])

    def _died(self, job: Job, reason: str, seconds: float) -> None:
        """The process of a job has ended by itself: the job is tried once more, then it has failed."""
        self._deaths[job.key] += 1
        if self._deaths[job.key] < self.engine.attempts:
            self.results.note('lost', job.key)
            self.state.waiting[job.key] = job
            self.display.warn(f'{job}: {reason}; tried again')
        else:
            self.results.put_failure(job, reason)
            self.results.note('failed', job.key)
            self._fail(job, reason, seconds)

    def _fail(self, job: Job, error: str, seconds: float) -> None:
        """Note a failure, and that whatever waits for the job cannot run."""
        self.state.failed[job.key] = error
        self.display.ended(job, 'failed', seconds)
        lost = {job.key}
        for other in list(self.state.waiting.values()):  # every job stands after what it needs
            if any(need.key in lost for need in other.needs.values()):
                lost.add(other.key)
                del self.state.waiting[other.key]
                self.state.blocked[other.key] = str(job)
                self.results.put_failure(other, f'not run: needs {job}, which failed')
                self.display.ended(other, 'not run', 0.0)
