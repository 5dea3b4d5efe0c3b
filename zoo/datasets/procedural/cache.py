"""Objects made once and kept as arrays that are mapped into memory."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from zoo.compat import expand, zoo_home
from zoo.datasets.prepared.arrays import RowsFile, aside, discard, map_array, stamps
from zoo.datasets.prepared.chunks import stop_workers
from zoo.datasets.procedural.chunks import fill, read_chunk, start_workers, stored
from zoo.datasets.procedural.generate import CHUNK, Order
from zoo.datasets.storage import content_hash
from zoo.errors import UsageError
from zoo.io import from_json, reading, write_whole

MOST_WORKERS = 8


@dataclass(frozen=True)
class Objects:
    """Arrays of S objects.

    Attributes:
        points: float32 ``(S, N, 3)``.
        normals: float16 ``(S, N, 3)``.
        parts: uint8 ``(S, N)``.
        images: uint8 RGB ``(S, V, H, W, 3)``.
        captions: S sentences.
        fingerprint: Digest of all of them.
    """

    points: NDArray[np.float32]
    normals: NDArray[np.float16]
    parts: NDArray[np.uint8]
    images: NDArray[np.uint8]
    captions: list[str]
    fingerprint: str


def load_objects(order: Order, cache_dir: Path | None = None, workers: int | None = None) -> Objects:
    """Read the objects, making first what is not there yet or no longer what it was.

    Args:
        order: The objects that are made.
        cache_dir: Folder of all orders; ``$ZOO_HOME/procedural`` by default.
        workers: Number of processes, this one included; one per core by default.

    Raises:
        UsageError: The cache cannot be written.
    """
    folder = expand(cache_dir or zoo_home() / 'procedural') / order.key
    for _ in range(3):  # another process may clear away what it takes for damaged, once
        try:
            objects = _open(folder, order)
            if objects is not None:
                return objects
            _make(folder, order, workers or _cores())
        except OSError as error:
            raise UsageError(
                f'cannot write the shapes to {folder.parent} ({error}): set $ZOO_HOME to a writable folder with space'
            ) from error
    raise UsageError(f'{folder} does not hold what was just written there: remove it, or set $ZOO_HOME to another disk')


def _cores() -> int:
    """Return how many processes to use where nobody says."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1
    return min(available, MOST_WORKERS)


def _open(folder: Path, order: Order) -> Objects | None:
    """Map the arrays, or return None when they are missing or damaged.

    A file with the size and the time of its writing is taken as it is; any other has to have the content it had.
    """
    try:
        with reading(folder):
            if not folder.is_dir():
                return None
            meta = from_json((folder / 'meta.json').read_text(encoding='utf-8'))
            layout = order.layout(order.num_objects)
            arrays = {name: map_array(folder / f'{name}.npy', shape, dtype) for name, (shape, dtype) in layout.items()}
            objects = Objects(**arrays, captions=list(meta['captions']), fingerprint=meta['fingerprint'])
            untouched = meta['files'] == stamps(_paths(folder, order))
            # The note vouches for the arrays, and has to be whole and that of this order itself.
            true = meta.pop('sha256') == _signature(meta) and meta['order'] == json.loads(order.to_json())
            if true and (untouched or objects.fingerprint == _digest(order, objects)):
                return objects
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        pass
    logging.getLogger(__name__).warning('the shapes in %s are damaged and are made again', folder)
    discard(folder)
    return None


def _paths(folder: Path, order: Order) -> list[Path]:
    """Return the files of the arrays."""
    return [folder / f'{name}.npy' for name in order.layout(0)]


def _digest(order: Order, objects: Objects) -> str:
    """Return the digest of the content; classes are part of it, because labels are positions in them."""
    arrays = (objects.points, objects.normals, objects.parts, objects.images)
    return content_hash(*arrays, *objects.captions, *order.classes)


def _signature(meta: dict[str, Any]) -> str:
    """Return the digest of a note."""
    return content_hash(json.dumps(meta, sort_keys=True))


def _make(folder: Path, order: Order, workers: int) -> None:
    """Make all chunks that are missing, then put them together in one step."""
    chunks = folder.with_name(f'{folder.name}.chunks')
    chunks.mkdir(parents=True, exist_ok=True)
    done = stored(order, chunks)
    few = order.num_objects - done < 4 * CHUNK  # starting a process takes longer
    helpers = start_workers(order, chunks, 0 if few else workers - 1)
    try:
        with tqdm(
            total=order.num_objects, initial=done, desc=f'making shapes ({order.split})', unit='object', disable=few
        ) as bar:
            for count in fill(order, chunks):
                bar.update(count - bar.n)
        _publish(folder, order, chunks)
    except FileNotFoundError:
        if not folder.is_dir():  # else another process was faster and has cleared the chunks away
            raise
    finally:
        stop_workers(helpers)
    for leftover in (chunks, *folder.parent.glob(f'{folder.name}.*.tmp')):  # those of makers that were killed, too
        shutil.rmtree(leftover, ignore_errors=True)


def _publish(folder: Path, order: Order, chunks: Path) -> None:
    """Join the chunks into a folder that appears whole; if there is one already, it holds the same."""
    temporary = aside(folder)
    try:
        layout, captions = order.layout(order.num_objects), []
        with contextlib.ExitStack() as stack:
            files = {name: stack.enter_context(RowsFile(temporary / f'{name}.npy', *layout[name])) for name in layout}
            for start in order.starts:
                if folder.is_dir():  # another process was faster
                    return
                chunk = read_chunk(order, chunks, start)
                captions += chunk['captions'].tolist()
                for name, file in files.items():
                    file.append(chunk[name])
        arrays = {name: map_array(temporary / f'{name}.npy', *layout[name]) for name in layout}
        meta = {
            'order': json.loads(order.to_json()),
            'fingerprint': _digest(order, Objects(**arrays, captions=captions, fingerprint='')),
            'files': stamps(_paths(temporary, order)),
            'captions': captions,
        }
        write_whole(temporary / 'meta.json', json.dumps({**meta, 'sha256': _signature(meta)}, indent=1))
        if not folder.is_dir():
            temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
