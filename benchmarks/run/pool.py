"""Worker processes, their share of the machine, and what they answer."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.suites.job import ROOT

THREAD_VARIABLES = ('OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'NUMBA_NUM_THREADS')


@dataclass(frozen=True)
class Share:
    """What every worker may use.

    Attributes:
        workers: number of processes.
        threads: of each.
        gpus: names for ``CUDA_VISIBLE_DEVICES``, dealt out in turn; none computes on the CPU.
    """

    workers: int
    threads: int
    gpus: tuple[str, ...] = ()

    @property
    def device(self) -> str:
        """``cuda`` where there is a GPU."""
        return 'cuda' if self.gpus else 'cpu'


def share_of(jobs: int | None, cores: int, gpus: Sequence[str]) -> Share:
    """Deal out the machine: a worker for every GPU, or for every core where there is none.

    Args:
        jobs: number of workers; None chooses.
        cores: that may be used.
        gpus: that may be used.
    """
    workers = jobs or len(gpus) or cores
    return Share(workers, max(1, cores // workers), tuple(gpus))


def machine() -> tuple[int, tuple[str, ...]]:
    """Cores and GPUs that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1
    visible = os.environ.get('CUDA_VISIBLE_DEVICES')
    if visible is not None:
        return cores, tuple(name for name in visible.split(',') if name and name != '-1')
    import torch

    return cores, tuple(str(index) for index in range(torch.cuda.device_count()))


@dataclass
class Worker:
    """One process.

    Attributes:
        process: that runs :mod:`benchmarks.run.worker`.
        key: of the job it is at; empty when it is idle.
        ready: it has imported what it needs.
    """

    process: subprocess.Popen[str]
    key: str = ''
    ready: bool = False
    _rest: str = field(default='', repr=False)

    def give(self, order: dict[str, Any]) -> None:
        """Send a job."""
        assert self.process.stdin is not None
        self.key = order['key']
        try:
            self.process.stdin.write(json.dumps(order) + '\n')
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has died; the end of its output says so

    def answers(self) -> list[dict[str, Any]] | None:
        """What it has said since the last time; None when it has ended."""
        assert self.process.stdout is not None
        content = os.read(self.process.stdout.fileno(), 1 << 16)
        if not content:
            return None
        *lines, self._rest = (self._rest + content.decode()).split('\n')
        return [json.loads(line) for line in lines]


class Pool:
    """As many workers as the share says; those that die are replaced.

    Args:
        out: folder of results.
        share: of the machine.
        modules: that register the kinds of jobs.
    """

    def __init__(self, out: Path, share: Share, modules: Sequence[str]) -> None:
        self.out, self.share, self.modules = out, share, modules
        self._selector = selectors.DefaultSelector()
        self.workers = [self._start(place) for place in range(share.workers)]

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *reason: object) -> None:
        """End all workers: the idle ones by closing their input, the others by force."""
        for worker in self.workers:
            if worker.key:
                worker.process.terminate()
            assert worker.process.stdin is not None
            worker.process.stdin.close()
        for worker in self.workers:
            try:
                worker.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
        self._selector.close()

    def idle(self) -> list[Worker]:
        """Workers without a job; a new one takes its first while it is still starting."""
        return [worker for worker in self.workers if not worker.key]

    def events(self, timeout: float) -> Iterator[tuple[Worker, dict[str, Any] | None]]:
        """Answers that have come in; None for a worker that has died, which is replaced.

        Args:
            timeout: seconds to wait for the first.
        """
        for ready, _ in self._selector.select(timeout):
            place: int = ready.data
            worker = self.workers[place]
            found = worker.answers()
            if found is None:
                self._selector.unregister(ready.fileobj)
                worker.process.wait()
                if worker.ready:
                    self.workers[place] = self._start(place)
                yield worker, None
                continue
            for answer in found:
                if answer['state'] == 'ready':
                    worker.ready = True
                else:
                    worker.key = ''
                    yield worker, answer

    def _start(self, place: int) -> Worker:
        """Start one worker with its threads, and with its GPU where there are any."""
        environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, str(self.share.threads))}
        environment['PYTHONPATH'] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get('PYTHONPATH', '')]))
        if self.share.gpus:
            environment['CUDA_VISIBLE_DEVICES'] = self.share.gpus[place % len(self.share.gpus)]
        arguments = [str(self.out), self.share.device, str(self.share.threads), *self.modules]
        command = [sys.executable, '-m', 'benchmarks.run.worker', *arguments]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)
        self._selector.register(process.stdout, selectors.EVENT_READ, place)  # type: ignore[arg-type]
        return Worker(process)
