"""What an engine runs in a process of its own: one job after another, whose output goes to a log each.

Whatever a job was doing when its process died goes on from its checkpoint the next time.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from benchmarks.run.results import Results
from benchmarks.suites.job import JOB_TYPES, Job, Task
from zoo.errors import UsageError

THREADS = 1
"""Threads of a job, on every machine and for every number of jobs: sums over more threads have other last digits, and a
training makes other weights of them. Jobs are many, so that cores are used by --jobs."""

results_of = functools.cache(Results)
"""Results that remember which files they have checked, for all jobs of a process."""


def end_with(parent: int) -> None:
    """End this process with the one that started it, whose id is given, however that ends."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def work(out: Path, job: Job) -> dict[str, Any]:
    """Do one job in a process of its own, on the GPU where that sees one; see :func:`serve`."""
    return serve(results_of(out), job, 'auto')


def serve(results: Results, job: Job, device: str = 'cpu') -> dict[str, Any]:
    """Do one job unless it is done or another process is at it.

    Args:
        results: folder of results.
        job: job whose needs are done.
        device: ``cpu``, ``cuda``, or ``auto`` for the GPU where there is one.

    Returns:
        The state (``done``, ``failed``, ``busy``, or ``stopped`` where the folder cannot be written), seconds, why it
        failed, and what the person who waits should know.
    """
    lock = FileLock(results.out / 'locks' / f'{job.key}.lock')
    with _warnings() as warned:
        try:
            Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
            # The system frees the lock of a process that was killed.
            lock.acquire(blocking=False)
            if results.done(job.key):
                return {'state': 'done', 'seconds': 0.0}
            with _output_to(results.log(job.key)):
                answer = _run(results, job, device)
        except Timeout:
            return {'state': 'busy'}
        except OSError as error:
            # Not even the failure can be written down.
            return {'state': 'stopped', 'error': _reason(error)}
        finally:
            lock.release()
            # A runner refers to itself in circles, and holds a data set of hundreds of megabytes.
            gc.collect()
    return {**answer, 'warned': warned}


def _run(results: Results, job: Job, device: str) -> dict[str, Any]:
    """Do a job that is claimed, and keep its result or why there is none."""
    begin, busy = time.perf_counter(), _cpu_seconds()
    results.note('begin', job.key)
    try:
        job_type = JOB_TYPES[job.type]
        torch = sys.modules.get('torch')  # where the type has no need of it, it is not imported
        if torch and device == 'auto':
            torch.set_num_threads(THREADS)
            device = 'cuda' if torch.cuda.is_available() else 'cpu'
        inputs = {role: results.get(need.key) for role, need in job.needs.items()}
        outcome = job_type.run(Task(job.key, job.settings, inputs, results.out, device))
        seconds = time.perf_counter() - begin
        results.put(job, outcome, seconds, _cpu_seconds() - busy)
    except Exception as error:
        with contextlib.suppress(OSError):  # of a log on a full disk
            traceback.print_exc()
        reason = _reason(error)
        results.put_failure(job, reason)
        results.note('failed', job.key)
        return {'state': 'failed', 'seconds': time.perf_counter() - begin, 'error': reason}
    results.note('end', job.key)
    return {'state': 'done', 'seconds': seconds}


def _reason(error: Exception) -> str:
    """Why a job failed, in one line."""
    text = str(error) if isinstance(error, UsageError | OSError) else f'{type(error).__name__}: {error}'
    return ' '.join(text.split())[:500]


@contextlib.contextmanager
def _warnings() -> Iterator[list[str]]:
    """Collect what the code of this package warns of, for the person who waits."""
    lines: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: lines.append(' '.join(record.getMessage().split()))  # type: ignore[method-assign]
    logging.getLogger('benchmarks').addHandler(handler)
    try:
        yield lines
    finally:
        logging.getLogger('benchmarks').removeHandler(handler)


def _cpu_seconds() -> float:
    """Processor time of this process and of those it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


@contextlib.contextmanager
def _output_to(path: Path) -> Iterator[Path]:
    """Send standard output and error, those of child processes included, to the end of a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    saved = os.dup(1), os.dup(2)
    with path.open('a', encoding='utf-8', buffering=1) as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
        try:
            with contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
                yield path
        finally:
            for stream, old in zip((1, 2), saved, strict=True):
                os.dup2(old, stream)
                os.close(old)
