"""A process that does jobs one after another.

Jobs come as lines of JSON on standard input, answers leave on standard output. When the input closes, because the
harness ended or was killed, the process ends at once; whatever it was doing goes on from its checkpoint the next time.

    python -m benchmarks.run.worker OUT NAME DEVICE MODULE [MODULE ...]

Until it is ready, what it prints goes to ``OUT/logs/NAME.log``; then every job has a log of its own.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import logging
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from benchmarks.run.launchers import THREADS
from benchmarks.run.results import Results
from benchmarks.suites.job import KINDS, Task
from zoo.errors import UsageError

Order = dict[str, Any]


def main(arguments: list[str]) -> None:
    """Serve until the input closes."""
    # Ctrl-C reaches the whole group of processes; the harness decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out, name, device, *modules = arguments
    answers = os.fdopen(os.dup(1), 'w', buffering=1)
    orders: queue.Queue[Order] = queue.Queue()
    results = Results(Path(out))
    try:
        with _output_to(results.out / 'logs' / f'{name}.log') as own_log:
            threading.Thread(target=_read_orders, args=(_own_input(), orders), daemon=True).start()
            _import(modules)
            device = prepared(device)
            own_log.unlink(missing_ok=True)
            print(json.dumps({'state': 'ready'}), file=answers)
            while True:
                print(json.dumps(serve(results, orders.get(), device)), file=answers)
    except OSError as error:
        print(json.dumps({'state': 'stopped', 'error': _reason(error)}), file=answers)


def _import(modules: list[str]) -> None:
    """Import what registers the kinds; where that fails, the log says why, and not the terminal."""
    try:
        for module in modules:
            importlib.import_module(module)
    except Exception:
        traceback.print_exc()
        sys.exit(1)


def prepared(device: str) -> str:
    """Set the threads of torch, and find out the device.

    Args:
        device: ``cpu``, ``cuda``, or ``auto``, which takes the GPU where the process sees one.

    Returns:
        ``cpu`` or ``cuda``.
    """
    torch = sys.modules.get('torch')
    if torch is None:  # none of the kinds computes with it
        return 'cpu' if device == 'auto' else device
    torch.set_num_threads(THREADS)
    if device == 'auto':
        return 'cuda' if torch.cuda.is_available() else 'cpu'
    return device


def _own_input() -> IO[str]:
    """Standard input as a file of its own, and nothing in its place.

    A loader of data that is forked closes ``sys.stdin``. While a thread reads from that, it holds its lock, and the
    forked process waits for it for ever.
    """
    made = os.fdopen(os.dup(0), encoding='utf-8')
    nothing = os.fdopen(os.open(os.devnull, os.O_RDONLY), encoding='utf-8')
    os.dup2(nothing.fileno(), 0)
    sys.stdin = nothing
    return made


def _read_orders(source: IO[str], orders: queue.Queue[Order]) -> None:
    """Hand on what comes in, and end the process when nothing can come any more."""
    for line in source:
        orders.put(json.loads(line))
    os._exit(0)


def serve(results: Results, order: Order, device: str = 'cpu') -> dict[str, Any]:
    """Do one job unless it is done or another process is at it.

    Args:
        results: folder of results.
        order: key, kind, label, like, guess, settings and the keys of what it needs.
        device: ``cpu`` or ``cuda``.

    Returns:
        The key, the state (``done``, ``failed``, ``busy``, or ``stopped`` where the folder cannot be written), seconds,
        why it failed, and what the person who waits should know.
    """
    key = order['key']
    lock = FileLock(results.out / 'locks' / f'{key}.lock')
    with _Said() as said:
        try:
            Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
            # The system frees the lock of a process that was killed.
            lock.acquire(blocking=False)
            if results.done(key):
                return {'key': key, 'state': 'done', 'seconds': 0.0}
            with _output_to(results.log(key)):
                answer = _run(results, order, device)
        except Timeout:
            return {'key': key, 'state': 'busy'}
        except OSError as error:
            # Not even the failure can be written down.
            return {'key': key, 'state': 'stopped', 'error': _reason(error)}
        finally:
            lock.release()
            # A runner refers to itself in circles, and holds a data set of hundreds of megabytes.
            gc.collect()
    return {**answer, 'said': said.lines}


def _run(results: Results, order: Order, device: str) -> dict[str, Any]:
    """Do a job that is claimed, and keep its result or why there is none."""
    key, begin, busy = order['key'], time.perf_counter(), _cpu_seconds()
    results.note('begin', key)
    try:
        inputs = {role: results.get(need) for role, need in order['needs'].items()}
        task = Task(key, order['settings'], inputs, results.out, device)
        outcome = KINDS[order['kind']].run(task)
        seconds = time.perf_counter() - begin
        about = {name: order[name] for name in ('kind', 'label', 'like', 'guess', 'settings', 'needs')}
        results.put(key, {**about, 'seconds': seconds, 'cpu_seconds': _cpu_seconds() - busy}, outcome)
    except Exception as error:
        with contextlib.suppress(OSError):  # of a log on a full disk
            traceback.print_exc()
        reason = _reason(error)
        results.put_failure(key, order['label'], reason)
        results.note('failed', key)
        return {'key': key, 'state': 'failed', 'seconds': time.perf_counter() - begin, 'error': reason}
    results.note('end', key)
    return {'key': key, 'state': 'done', 'seconds': seconds}


def _reason(error: Exception) -> str:
    """Why a job failed, in one line."""
    text = str(error) if isinstance(error, UsageError | OSError) else f'{type(error).__name__}: {error}'
    return ' '.join(text.split())[:500]


class _Said(logging.Handler):
    """Takes what the code of this package warns of, for the person who waits."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(' '.join(record.getMessage().split()))
        print(self.lines[-1], file=sys.stderr)  # the log

    def __enter__(self) -> _Said:
        logging.getLogger('benchmarks').addHandler(self)
        return self

    def __exit__(self, *reason: object) -> None:
        logging.getLogger('benchmarks').removeHandler(self)


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


if __name__ == '__main__':
    main(sys.argv[1:])
