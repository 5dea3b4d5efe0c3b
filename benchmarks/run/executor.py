"""Run jobs in worker processes: each as soon as what it needs is done, none twice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from benchmarks.run.estimate import Estimator, like
from benchmarks.run.graph import longest_ways
from benchmarks.run.launchers import Launcher, Local, Share
from benchmarks.run.pool import Pool, Worker
from benchmarks.run.results import Results
from benchmarks.suites.job import Job
from zoo.errors import UsageError

KINDS_MODULE = 'benchmarks.suites.everything'
AGAIN = 0.5
"""Seconds until a job that another process has claimed is looked at again."""

ATTEMPTS = 2
"""Processes that a job may cost in one run; the system ends the largest process, which need not be the guilty one."""


class Watcher(Protocol):
    """Is told what happens."""

    def update(self, state: State) -> None:
        """Something has changed, or a moment has passed."""

    def ended(self, job: Job, state: str, seconds: float) -> None:
        """A job is done, failed or cannot run."""

    def lost(self, job: Job, reason: str) -> None:
        """The process of a job has died; the job is tried again."""

    def warn(self, line: str) -> None:
        """A job has something to say, such as that it found a damaged file."""


@dataclass
class State:
    """Where a run stands.

    Attributes:
        waiting: jobs that cannot start yet, or are not started.
        running: jobs that are being done, with the time at which they began.
        done: jobs finished in this run, or by another process meanwhile.
        failed: why jobs failed, by key.
        blocked: label of the failed job that others wait for, by key.
    """

    waiting: dict[str, Job]
    running: dict[str, float] = field(default_factory=dict)
    done: dict[str, Job] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Number of jobs of the run."""
        return len(self.waiting) + len(self.running) + len(self.done) + len(self.failed) + len(self.blocked)


class Executor:
    """Runs a graph of jobs.

    Args:
        jobs: what has to run, every job after what it needs.
        results: folder of results.
        share: of the machine.
        watcher: is told what happens.
        estimator: of durations, which learns from every job.
        launcher: starts the processes; on this machine by default.
        modules: that register the kinds of jobs.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        results: Results,
        share: Share,
        watcher: Watcher,
        estimator: Estimator,
        launcher: Launcher | None = None,
        modules: Sequence[str] = (KINDS_MODULE,),
    ) -> None:
        self.jobs = {job.key: job for job in jobs}
        self.results, self.share, self.watcher, self.estimator = results, share, watcher, estimator
        self.launcher, self.modules = launcher or Local(), tuple(modules)
        self.state = State(dict(self.jobs))
        self._ways = longest_ways(list(jobs), estimator.seconds)
        self._not_before: dict[str, float] = {}
        self._deaths: Counter[str] = Counter()

    def run(self) -> State:
        """Do all jobs that can be done.

        Raises:
            UsageError: workers cannot start, or the folder of results cannot be written.
        """
        if not self.jobs:
            return self.state
        share = replace(self.share, workers=min(self.share.workers, len(self.jobs)))
        with Pool(self.results.out, share, self.modules, self.launcher) as pool:
            while self.state.waiting or self.state.running:
                self._assign(pool)
                for worker, answer in pool.events(AGAIN):
                    self._take(worker, answer)
                self.watcher.update(self.state)
        return self.state

    def _assign(self, pool: Pool) -> None:
        """Give the idle workers what is ready, the longest way first.

        Jobs that read what a running one reads come later: the first measurement of weights extracts their features,
        and the others find them.
        """
        now = time.monotonic()
        for worker in pool.idle():
            ready = [job for job in self.state.waiting.values() if self._ready(job, now)]
            if not ready:
                return
            job = max(ready, key=lambda job: (self._apart(job), self._ways[job.key]))
            del self.state.waiting[job.key]
            self.state.running[job.key] = now
            worker.give(self._order(job))

    def _apart(self, job: Job) -> bool:
        """Whether no running job reads the result of a job that this one reads."""
        read = {need.key for key in self.state.running for need in self.jobs[key].needs.values()}
        return read.isdisjoint(need.key for need in job.needs.values())

    def _ready(self, job: Job, now: float) -> bool:
        """Whether all it needs is there and nobody else was at it a moment ago."""
        pending = (need.key in self.jobs and need.key not in self.state.done for need in job.needs.values())
        return now >= self._not_before.get(job.key, 0.0) and not any(pending)

    def _order(self, job: Job) -> dict[str, Any]:
        """A job as a worker gets it."""
        return {
            'key': job.key,
            'kind': job.kind,
            'label': str(job),
            'like': like(job),
            'guess': job.seconds,
            'settings': job.settings,
            'needs': {role: need.key for role, need in job.needs.items()},
        }

    def _take(self, worker: Worker, answer: dict[str, Any] | None) -> None:
        """Note what has become of a job."""
        if answer is None:
            self._died(worker)
            return
        if answer['state'] == 'stopped':
            raise UsageError(f'{answer["error"]}; what is done stays, and the same command goes on once this is mended')
        job = self.jobs[answer['key']]
        del self.state.running[job.key]
        for line in answer.get('said', ()):
            self.watcher.warn(line)
        if answer['state'] == 'busy':
            self.state.waiting[job.key] = job
            self._not_before[job.key] = time.monotonic() + AGAIN
        elif answer['state'] == 'failed':
            self._fail(job, answer['error'], answer['seconds'])
        else:
            self.state.done[job.key] = job
            if answer['seconds']:
                self.estimator.learn(job.kind, like(job), job.seconds, answer['seconds'])
            self.watcher.ended(job, 'done', answer['seconds'])

    def _died(self, worker: Worker) -> None:
        """A worker has ended by itself: its job is tried once more, then it has failed."""
        if not worker.key:
            return
        job, reason = self.jobs[worker.key], worker.link.reason() or 'its process ended'
        began = self.state.running.pop(job.key)
        self._deaths[job.key] += 1
        if self._deaths[job.key] < ATTEMPTS:
            self.results.note('lost', job.key)
            self.state.waiting[job.key] = job
            self.watcher.lost(job, reason)
            return
        self.results.put_failure(job.key, str(job), reason)
        self.results.note('failed', job.key)
        self._fail(job, reason, time.monotonic() - began)

    def _fail(self, job: Job, error: str, seconds: float) -> None:
        """Note a failure, and that whatever waits for the job cannot run."""
        self.state.failed[job.key] = error
        self.watcher.ended(job, 'failed', seconds)
        lost = {job.key}
        for other in list(self.state.waiting.values()):  # every job stands after what it needs
            if any(need.key in lost for need in other.needs.values()):
                lost.add(other.key)
                del self.state.waiting[other.key]
                self.state.blocked[other.key] = str(job)
                self.watcher.ended(other, 'not run', 0.0)
