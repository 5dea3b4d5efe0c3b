"""Chunks on disk: processes that know nothing of one another fill the same folder.

A chunk appears whole or not at all and is the same whoever makes it, so neither a kill nor two makers can do harm. Each
maker goes through the missing ones in its own random order and passes over what another is making: that is told by a
lock, which the system lifts when its owner dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import zoo
from zoo.datasets.prepared.arrays import read_npz
from zoo.errors import UsageError
from zoo.io import whole

PATIENCE = 0.1
"""Seconds until a chunk that another process is making is looked for again."""

OF = 'of'
"""Array of a chunk that says which one it is, and of what."""

Row = dict[str, NDArray[Any]]
"""Arrays by name, of one object or of a chunk."""


def chunk_path(folder: Path, start: int) -> Path:
    """Return the file of the chunk that begins with object ``start``."""
    return folder / _name(start)


def fill(folder: Path, sizes: Mapping[int, int], make: Callable[[int], Row]) -> Iterator[int]:
    """Make the chunks that are missing, in random order; yield after each how many objects the folder holds.

    Args:
        folder: Folder of the chunks.
        sizes: Number of objects of each chunk, by its first object.
        make: Function to the arrays of the chunk that begins with an object.

    Raises:
        OSError: A chunk cannot be written; ``FileNotFoundError`` when the folder has gone.
    """
    left = list(sizes)
    random.Random(os.getpid()).shuffle(left)
    while left:
        taken = []
        for start in left:
            if not chunk_path(folder, start).exists():
                with _claim(folder, start) as mine:
                    if not mine:
                        taken.append(start)
                        continue
                    if not chunk_path(folder, start).exists():
                        write_chunk(folder, start, make(start))
            yield stored(folder, sizes)
        if taken == left:
            time.sleep(PATIENCE)
            yield stored(folder, sizes)
        left = taken


@contextlib.contextmanager
def _claim(folder: Path, start: int) -> Iterator[bool]:
    """Hold the right to make a chunk; False where another process holds it.

    A file system without locks grants it to everybody, which costs time and nothing else.
    """
    path = folder / f'{_name(start)}.claim'
    with path.open('ab') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        except OSError:
            pass
        try:
            yield True
        finally:
            path.unlink(missing_ok=True)


def stored(folder: Path, sizes: Mapping[int, int]) -> int:
    """Return how many objects the folder holds."""
    present = {entry.name for entry in os.scandir(folder)}
    return sum(size for start, size in sizes.items() if _name(start) in present)


def write_chunk(folder: Path, start: int, chunk: Row) -> None:
    """Write a chunk in one step, or leave nothing behind."""
    with whole(chunk_path(folder, start)) as temporary, temporary.open('wb') as file:
        np.savez(file, **{**chunk, OF: np.array(_of(folder, start))})  # type: ignore[arg-type]


def read_chunk(folder: Path, start: int, names: Sequence[str] | None = None) -> Row | None:
    """Read some or all arrays of a chunk; None when it is missing, damaged, or another one."""
    chunk = read_npz(chunk_path(folder, start), None if names is None else [*names, OF])
    if chunk is None or OF not in chunk or str(chunk.pop(OF)) != _of(folder, start):
        return None
    return chunk


def start_workers(module: str, arguments: Sequence[str], count: int) -> list[subprocess.Popen[str]]:
    """Start programs that fill a folder too and end by themselves; :func:`help_out` is what they run.

    They are programs of their own, not forks: a fork of a process in which torch runs threads can hang, and one that
    ``multiprocessing`` spawns would run the caller's script a second time.

    Args:
        module: Run with ``python -m``.
        arguments: Arguments of the process; the id of this process is added.
        count: Number of processes.
    """
    path = os.pathsep.join(dict.fromkeys([str(Path(zoo.__file__).parents[1]), *filter(None, sys.path)]))
    environment = {**os.environ, 'PYTHONPATH': path, 'OMP_NUM_THREADS': '1', 'OPENBLAS_NUM_THREADS': '1'}
    command = [sys.executable, '-m', module, *arguments, str(os.getpid())]
    return [
        subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]


def help_out(steps: Callable[[], Iterator[int]], parent: int) -> int:
    """Be a helper: fill the folder until it is full, is gone, or the process that asked for it is.

    Args:
        steps: Function that begins the work; every step is a chunk.
        parent: Id of the process that asked.

    Returns:
        Exit code: 0, or 2 after a message on standard output that says why this cannot be done.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asked, and it will tell us
    try:
        for _ in steps():
            if os.getppid() != parent:
                return 0
    except OSError:
        return 0  # the folder is finished and gone, or cannot be written, which the other process finds out too
    except UsageError as error:
        print(error)
        return 2
    return 0


def complaint(workers: Sequence[subprocess.Popen[str]]) -> str | None:
    """Return what a helper that gave up has said, None when all is well."""
    for worker in workers:
        if worker.poll() == 2 and worker.stdout is not None and not worker.stdout.closed:
            return (worker.stdout.read().strip().splitlines() or ['a helper gave up without a word'])[-1]
    return None


def stop_workers(workers: Sequence[subprocess.Popen[str]]) -> None:
    """End the processes that are still at work: what they would add is there already."""
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.wait()
        if worker.stdout is not None:
            worker.stdout.close()


def _of(folder: Path, start: int) -> str:
    """Return what a chunk says of itself; the name of its folder is a digest of what is made there."""
    return f'{folder.name} {start}'


def _name(start: int) -> str:
    """Return the name of the file of a chunk."""
    return f'{start:08d}.npz'
