"""What a person sees of a run: one line that changes on a terminal, one line a job elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TextIO

from tqdm import tqdm

from benchmarks.run.estimate import Estimator, in_words, shared
from benchmarks.suites.job import Job

RED, PLAIN = '\033[31m', '\033[0m'
WIDTH = 60


class State:
    """Where a run stands.

    Args:
        jobs: jobs of the run, every one after what it needs.

    Attributes:
        jobs: the same by key.
        waiting: jobs that cannot start yet, or are not started.
        running: when jobs that are being done began, by key.
        done: jobs finished in this run, or by another process meanwhile.
        failed: why jobs failed, by key.
        blocked: label of the failed job that others wait for, by key.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = {job.key: job for job in jobs}
        self.waiting = dict(self.jobs)
        self.running: dict[str, float] = {}
        self.done: dict[str, Job] = {}
        self.failed: dict[str, str] = {}
        self.blocked: dict[str, str] = {}


class Display:
    """Jobs done, how fast, the time that is left, and what is running.

    Args:
        state: where the run stands, which changes.
        workers: number of processes that share the work.
        estimator: estimator of durations.
        stream: where to write; standard error by default.
    """

    def __init__(self, state: State, workers: int, estimator: Estimator, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.state, self.estimator = state, estimator
        self.workers = max(1, min(workers, len(state.jobs)))
        self.live = self.stream.isatty()
        layout = '{n_fmt}/{total_fmt} jobs |{bar:20}| {elapsed}{postfix}'
        self._bar = tqdm(
            total=len(state.jobs), bar_format=layout, file=self.stream, disable=not self.live, dynamic_ncols=True
        )
        self._count, self._begin = 0, time.monotonic()

    def update(self) -> None:
        """Show what is running."""
        if self.live:
            names = ' · '.join(str(self.state.jobs[key]) for key in self.state.running)
            minutes = max(time.monotonic() - self._begin, 1e-3) / 60
            rate = f'{self._count / minutes:.1f} jobs/min · ' if self._count else ''
            self._bar.set_postfix_str(f'{rate}{self._left()} left · {names:.{WIDTH}}', refresh=True)

    def ended(self, job: Job, how: str, seconds: float) -> None:
        """Count a job; say what went wrong."""
        self._count += 1
        line = f'[{self._count}/{len(self.state.jobs)}] {job}: {how}' + (f', {in_words(seconds)}' if seconds else '')
        self._bar.update()
        if not self.live:
            self.warn(f'{line} ({self._left()} left)' if self._count < len(self.state.jobs) else line)
        elif how != 'done':
            self.warn(line)

    def warn(self, line: str) -> None:
        """Print a line above the bar, or the line alone."""
        self._bar.write(f'{RED}{line}{PLAIN}' if self.live else line, file=self.stream)

    def close(self) -> None:
        """Leave the last line as it is."""
        self._bar.close()

    def _left(self) -> str:
        """Time until all is done, as far as is known."""
        now, seconds = time.monotonic(), self.estimator.seconds
        rest = [seconds(job) for job in self.state.waiting.values()]
        rest += [max(0.0, seconds(self.state.jobs[key]) - now + began) for key, began in self.state.running.items()]
        return in_words(shared(rest, self.workers))
