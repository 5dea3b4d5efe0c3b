"""The chunks of an order: see :mod:`zoo.datasets.prepared.chunks`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from zoo.datasets.prepared import chunks
from zoo.datasets.prepared.chunks import Row
from zoo.datasets.procedural.generate import CHUNK, Order, make_chunk

WORKER = 'zoo.datasets.procedural.worker'


def fill(order: Order, folder: Path) -> Iterator[int]:
    """Make the chunks that are missing, in random order; yield after each how many objects the folder holds."""
    return chunks.fill(folder, _sizes(order), lambda start: make_chunk(order, start))


def stored(order: Order, folder: Path) -> int:
    """Return how many objects the folder holds."""
    return chunks.stored(folder, _sizes(order))


def read_chunk(order: Order, folder: Path, start: int) -> Row:
    """Read a chunk; one that is missing or damaged is made again."""
    expected = order.layout(_sizes(order)[start])
    chunk = chunks.read_chunk(folder, start, (*expected, 'captions'))
    if chunk is not None and {name: (chunk[name].shape, chunk[name].dtype) for name in expected} == expected:
        return chunk
    return make_chunk(order, start)


def start_workers(order: Order, folder: Path, count: int) -> list[subprocess.Popen[str]]:
    """Start processes that fill the folder too and end by themselves."""
    return chunks.start_workers(WORKER, [str(folder), order.to_json()], count)


def _sizes(order: Order) -> dict[int, int]:
    """Return how many objects each chunk has, by its first object."""
    return {start: min(CHUNK, order.num_objects - start) for start in order.starts}
