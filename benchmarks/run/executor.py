"""Run jobs on an engine: each as soon as what it needs is done, none twice."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
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
        state: jobs that have to run; says at any time what has become of them.
        results: folder of results.
        engine: engine that runs them; closed at the end.
        display: display of what happens.
        estimator: estimator of durations, which learns from every job.
    """

    def __init__(self, state: State, results: Results, engine: Engine, display: Display, estimator: Estimator) -> None:
        self.state = state
        self.results, self.engine, self.display, self.estimator = results, engine, display, estimator
        self._paths = estimator.critical_paths([*state.jobs.values()])
        self._free = list(reversed(range(engine.slots)))
        self._running: dict[Any, tuple[Job, int]] = {}
        self._not_before: dict[str, float] = {}
        self._deaths: Counter[str] = Counter()

    def run(self) -> None:
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
                self.display.update()

    def _submit(self) -> None:
        """Fill the free slots with what is ready, the longest critical path first, which keeps all busy to the end.

        Jobs that read what a running one reads come later: the first measurement of weights extracts their features,
        and the others find them.
        """
        state, now = self.state, time.monotonic()
        while self._free:
            read = {need.key for key in state.running for need in state.jobs[key].needs.values()}
            ready = []
            for job in state.waiting.values():
                needs = {need.key for need in job.needs.values()}
                # All of them are done, and nobody else was at the job a moment ago.
                if state.jobs.keys() & needs <= state.done.keys() and now >= self._not_before.get(job.key, 0.0):
                    ready.append((needs.isdisjoint(read), self._paths[job.key], job))
            if not ready:
                return
            *_, job = max(ready, key=lambda entry: entry[:2])
            del state.waiting[job.key]
            state.running[job.key] = now
            slot = self._free.pop()
            self._running[self.engine.submit(slot, work, self.results.out.absolute(), job)] = job, slot

    def _take(self, job: Job, future: Any) -> None:
        """Note what has become of a job; where it has failed, whatever waits for it cannot run."""
        state, began = self.state, self.state.running.pop(job.key)
        try:
            answer = future.result()
        except Exception as error:
            reason = self.engine.death(error)
            if not reason:
                last = str(error).strip().rpartition('\n')[2]
                raise UsageError(f'a worker cannot start: {type(error).__name__}: {last}') from error
            # Its process has ended by itself: the job is tried once more, then it has failed.
            self._deaths[job.key] += 1
            if self._deaths[job.key] < self.engine.attempts:
                self.results.note('lost', job.key)
                state.waiting[job.key] = job
                self.display.warn(f'{job}: {reason}; tried again')
                return
            self.results.put_failure(job, reason)
            self.results.note('failed', job.key)
            answer = {'state': 'failed', 'error': reason, 'seconds': time.monotonic() - began}
        if answer['state'] == 'stopped':
            raise UsageError(f'{answer["error"]}; what is done stays, and the same command goes on once this is mended')
        for line in answer.get('warned', ()):
            self.display.warn(line)
        if answer['state'] == 'busy':
            state.waiting[job.key] = job
            self._not_before[job.key] = time.monotonic() + AGAIN
        elif answer['state'] == 'done':
            state.done[job.key] = job
            if answer['seconds']:
                self.estimator.learn(job.type, job.like, job.seconds, answer['seconds'])
            self.display.ended(job, 'done', answer['seconds'])
        else:
            state.failed[job.key] = answer['error']
            self.display.ended(job, 'failed', answer['seconds'])
            lost = {job.key}
            for other in list(state.waiting.values()):  # every job stands after what it needs
                if any(need.key in lost for need in other.needs.values()):
                    lost.add(other.key)
                    del state.waiting[other.key]
                    state.blocked[other.key] = str(job)
                    self.results.put_failure(other, f'not run: needs {job}, which failed')
                    self.display.ended(other, 'not run', 0.0)
