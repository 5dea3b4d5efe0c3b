"""Jobs done by several processes, none of which can take the others down."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

import zoo
from zoo.datasets.meshes.worker import find_task

FEW = 64
"""Fewer jobs than this are done at once: starting a process takes longer."""

Job = dict[str, Any]


def run_jobs(task: str, jobs: Sequence[Job], *, workers: int = 2, title: str, progress: bool = True) -> Iterator[Job]:
    """Do jobs and yield their answers as they come, with a bar that shows how far it is.

    Processes are programs of their own, not forks: a fork of a process in which torch runs threads can hang, and one
    that ``multiprocessing`` spawns would run the caller's script a second time. One that dies (a file too large for the
    memory, a fault in a library) costs its job and no other.

    Args:
        task: Function as ``module:function``; takes a job and returns an answer, both as JSON can hold them.
        jobs: Jobs for the task.
        workers: Number of processes; with one, or with few jobs, the caller's own does them all.
        title: Title of the bar.
        progress: Whether there is a bar.

    Yields:
        The answers, in any order; for a job whose process died, the job with the reason under ``'died'``.
    """
    alone = workers < 2 or len(jobs) < FEW
    answers = map(find_task(task), jobs) if alone else _from_processes(task, jobs, min(workers, len(jobs)))
    quiet = not progress or len(jobs) < FEW
    yield from tqdm(answers, total=len(jobs), desc=title, unit='mesh', disable=quiet)


def _from_processes(task: str, jobs: Sequence[Job], workers: int) -> Iterator[Job]:
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    answers: queue.SimpleQueue[Job | BaseException] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    crew = [_Hand(task, waiting, answers) for _ in range(workers)]
    try:
        for hand in crew:
            hand.start()
        for _ in jobs:
            answer = answers.get()
            if isinstance(answer, BaseException):
                raise answer
            yield answer
    finally:
        for hand in crew:
            hand.stop()


class _Hand(threading.Thread):
    """Feeds one process with jobs, and starts another when it dies."""

    def __init__(
        self, task: str, waiting: queue.SimpleQueue[Job], answers: queue.SimpleQueue[Job | BaseException]
    ) -> None:
        super().__init__(daemon=True)
        self.task, self.waiting, self.answers = task, waiting, answers
        self.process: subprocess.Popen[str] | None = None
        self.lock, self.ended = threading.Lock(), False

    def run(self) -> None:
        """Work until nothing waits any more."""
        try:
            while not self.ended:
                try:
                    job = self.waiting.get_nowait()
                except queue.Empty:
                    break
                self.answers.put(self._ask(job))
        except BaseException as error:  # it is for the thread that waits
            self.answers.put(error)
        finally:
            self.stop()

    def _ask(self, job: Job) -> Job:
        with self.lock:
            if self.process is None and not self.ended:
                self.process = start_worker(self.task)
            process = self.process
        if process is None or process.stdin is None or process.stdout is None:
            return {**job, 'died': 'stopped'}
        try:
            process.stdin.write(json.dumps(job) + '\n')
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ''
        if line.endswith('\n'):
            answer: Job = json.loads(line)
            return answer
        code = process.wait()
        self.process = None
        return {**job, 'died': f'signal {-code}' if code < 0 else f'exit code {code}'}

    def stop(self) -> None:
        """End the process."""
        with self.lock:
            self.ended = True
            if self.process is not None:
                self.process.kill()
                self.process.wait()


def start_worker(task: str) -> subprocess.Popen[str]:
    """Start a process that does jobs, one line each, on one core."""
    root = str(Path(zoo.__file__).parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get('PYTHONPATH')]))
    environment = {**os.environ, 'PYTHONPATH': path, 'OMP_NUM_THREADS': '1', 'OPENBLAS_NUM_THREADS': '1'}
    return subprocess.Popen(
        [sys.executable, '-c', f'from {find_task.__module__} import main; main([{task!r}])'],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
