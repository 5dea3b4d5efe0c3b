"""Chunks on disk: processes that know nothing of one another fill the same folder.

A chunk appears whole or not at all and is the same whoever makes it, so neither a kill nor two makers can do harm. Each
maker goes through the missing ones in its own random order: makers that start together divide the work among them.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import zoo
from zoo.datasets.procedural.generate import CHUNK, Order, Row, make_chunk

WORKER = 'zoo.datasets.procedural.worker'


def chunk_path(folder: Path, start: int) -> Path:
    """Return the file of the chunk that begins with object ``start``."""
    return folder / f'{start:08d}.npz'


def fill(order: Order, folder: Path) -> Iterator[int]:
    """Make the chunks that are missing, in random order; yield after each how many objects the folder holds."""
    starts = list(order.starts)
    random.Random(os.getpid()).shuffle(starts)
    for start in starts:
        if not chunk_path(folder, start).exists():
            write_chunk(folder, start, make_chunk(order, start))
        yield stored(order, folder)


def stored(order: Order, folder: Path) -> int:
    """Return how many objects the folder holds."""
    return sum(min(CHUNK, order.num_objects - start) for start in order.starts if chunk_path(folder, start).exists())


def write_chunk(folder: Path, start: int, chunk: Row) -> None:
    """Write a chunk in one step."""
    with tempfile.NamedTemporaryFile(dir=folder, suffix='.tmp', delete=False) as file:
        np.savez(file, **chunk)  # type: ignore[arg-type]
    Path(file.name).replace(chunk_path(folder, start))


def read_chunk(order: Order, folder: Path, start: int) -> Row:
    """Read a chunk; one that is missing or damaged is made again."""
    expected = order.layout(min(CHUNK, order.num_objects - start))
    try:
        with np.load(chunk_path(folder, start), allow_pickle=False) as file:
            chunk = {name: file[name] for name in (*expected, 'captions')}
        found = {name: (chunk[name].shape, chunk[name].dtype) for name in expected}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return make_chunk(order, start)
    return chunk if found == expected else make_chunk(order, start)


def start_workers(order: Order, folder: Path, count: int) -> list[subprocess.Popen[bytes]]:
    """Start processes that fill the folder too and end by themselves.

    They are programs of their own, not forks: a fork of a process in which torch runs threads can hang, and one that
    ``multiprocessing`` spawns would run the caller's script a second time.
    """
    root = str(Path(zoo.__file__).parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get('PYTHONPATH')]))
    environment = {**os.environ, 'PYTHONPATH': path, 'OMP_NUM_THREADS': '1', 'OPENBLAS_NUM_THREADS': '1'}
    command = [sys.executable, '-m', WORKER, str(folder), order.to_json(), str(os.getpid())]
    return [
        subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        for _ in range(count)
    ]


def stop_workers(workers: list[subprocess.Popen[bytes]]) -> None:
    """End the processes that are still at work: what they would add is there already."""
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.wait()
