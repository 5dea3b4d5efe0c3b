"""What a person sees of a run: one line that changes on a terminal, one line a job elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TextIO

from tqdm import tqdm

from benchmarks.run.estimate import Estimator, in_words
from benchmarks.suites.job import Job

RED, PLAIN = '\033[31m', '\033[0m'
WIDTH = 60


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


class Display:
    """Jobs done, how fast, the time that is left, and what is running.

    Args:
        jobs: all jobs.
        workers: number of processes that share the work.
        estimator: estimator of durations.
        stream: where to write; standard error by default.
    """

    def __init__(self, jobs: Sequence[Job], workers: int, estimator: Estimator, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.jobs, self.estimator = {job.key: job for job in jobs}, estimator
        self.workers = max(1, min(workers, len(jobs)))
        self.live = self.stream.isatty()
        layout = '{n_fmt}/{total_fmt} jobs |{bar:20}| {elapsed}{postfix}'
        self._bar = tqdm(
            total=len(jobs), bar_format=layout, file=self.stream, disable=not self.live, dynamic_ncols=True
        )
        self._count, self._begin = 0, time.monotonic()
        self._state = State(dict(self.jobs))

    def update(self, state: State) -> None:
        """Show what is running."""
        self._state = state
        if not self.live:
            return
        names = ' · '.join(str(self.jobs[key]) for key in state.running)
        rate = f'{60 * self._count / max(time.monotonic() - self._begin, 1e-3):.1f} jobs/min · ' if self._count else ''
        self._bar.set_postfix_str(f'{rate}{in_words(self.left(state))} left · {names:.{WIDTH}}', refresh=True)

    def left(self, state: State) -> float:
        """Seconds until all is done, as far as is known."""
        now = time.monotonic()
        waiting = [self.estimator.seconds(job) for job in state.waiting.values()]
        running = [max(0.0, self.estimator.seconds(self.jobs[key]) - (now - t)) for key, t in state.running.items()]
        return max([sum(waiting + running) / self.workers, *waiting, *running], default=0.0)

    def ended(self, job: Job, state: str, seconds: float) -> None:
        """Count a job; say what went wrong."""
        self._count += 1
        line = f'[{self._count}/{len(self.jobs)}] {job}: {state}' + (f', {in_words(seconds)}' if seconds else '')
        if self.live:
            self._bar.update()
            if state != 'done':
                self.warn(line)
        else:
            left = f' ({in_words(self.left(self._state))} left)' if self._count < len(self.jobs) else ''
            self.warn(line + left)

    def warn(self, line: str) -> None:
        """Print a line above the bar, or the line alone."""
        if self.live:
            self._bar.write(f'{RED}{line}{PLAIN}', file=self.stream)
        else:
            print(line, file=self.stream, flush=True)

    def close(self) -> None:
        """Leave the last line as it is."""
        self._bar.close()
