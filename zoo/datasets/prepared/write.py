"""From datasets to one folder of arrays."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from zoo.compat import expand
from zoo.datasets.prepared.arrays import RowsFile, discard, map_array, stamps, sweep
from zoo.datasets.prepared.chunks import (
    Row,
    complaint,
    fill,
    read_chunk,
    start_workers,
    stop_workers,
    stored,
    write_chunk,
)
from zoo.datasets.prepared.job import Job, Part, save_order
from zoo.datasets.prepared.layout import (
    CLOUDS,
    FORMAT,
    VERSION,
    digests,
    fingerprint,
    open_pack,
    write_json,
    write_meta,
)
from zoo.datasets.storage import content_hash
from zoo.errors import UnreadableError, UsageError
from zoo.io import from_json, still_names

WORKER = 'zoo.datasets.prepared.worker'

PATIENCE = 5.0
"""Seconds of work that are left to this process alone; starting another takes about as long."""


LENGTHS = ('sizes', 'lines')
"""What a chunk knows of every object besides its data: points, and bytes of its line."""


def prepare(
    destination: Path,
    parts: Mapping[str, Part],
    *,
    workers: int = 2,
    views: int | None = None,
    progress: bool = True,
    meta: dict[str, Any] | None = None,
    precision: str = 'float32',
) -> Path:
    """Write datasets into one pack, which :class:`MappedPack` opens at once.

    The pack appears whole or not at all. Until then, its chunks lie in ``<destination>.making``: a run that was killed
    goes on where it ended and gives the same fingerprint; data with another fingerprint start anew. A pack of the same
    data is left as it is, one of other data is replaced. Two runs with the same destination wait for each other. Twice
    the space of the pack is needed on the way.

    Args:
        destination: Folder of the pack.
        parts: Datasets by split, such as train and test. As configs they can be opened by other processes, too.
        workers: Number of processes, this one included; used for configs, where they save more time than they take.
        views: Number of pictures of every object, the first ones; all by default, 0 for none.
        progress: Whether to show a bar with rate and time left.
        meta: Notes to keep beside the data, such as a title and terms of use; no part of the fingerprint.
        precision: 'float32' or 'float16', of points and normals.

    Returns:
        The folder of the pack.

    Raises:
        UsageError: A dataset or a file of it cannot be read (finished chunks are kept), the datasets do not belong
            together, or the destination cannot be written.
    """
    destination = expand(destination).absolute()
    if workers < 1:
        raise UsageError(f'preparing needs at least one process, got workers={workers}')
    job, about = Job(parts, views, precision), json.loads(json.dumps(meta or {}))
    making = destination.with_name(f'{destination.name}.making')
    try:
        if making.exists() or not _finished(destination, job, about):
            _check_replaceable(destination)
            with _alone(making):
                if not _finished(destination, job, about):
                    chunks = _chunks(making, job)
                    _make(job, chunks, workers, f'preparing {destination.name}' if progress else None)
                    try:
                        _join(job, chunks, making / 'pack', about, f'joining {destination.name}' if progress else None)
                        _publish(making, destination)
                    finally:  # of no use half-written, and the disk may be full
                        shutil.rmtree(making / 'pack', ignore_errors=True)
                discard(making)
        sweep(making)
    except OSError as error:
        raise UsageError(
            f'cannot write the pack to {destination} ({error}): free some space, or choose another folder'
        ) from error
    return destination


def _finished(destination: Path, job: Job, about: dict[str, Any]) -> bool:
    """Say whether the pack of this job is there already and unharmed."""
    if not (destination / 'meta.json').is_file():
        return False
    try:
        meta, _ = open_pack(destination)
    except UnreadableError:
        raise
    except UsageError as error:
        logging.getLogger(__name__).warning('%s; it is made again now', error)
        return False
    if meta.get('key') == job.key and meta.get('about') != about:
        write_meta(destination, {**meta, 'about': about})
    return bool(meta.get('key') == job.key)


def _check_replaceable(destination: Path) -> None:
    """Refuse to remove what is neither a pack nor an empty folder."""
    if not os.path.lexists(destination):
        return
    files = {path.name for path in destination.iterdir()} if destination.is_dir() else {destination.name}
    damaged = 'stamps.json' in files and {Path(name).suffix for name in files} <= {'.npy', '.json'}
    if files and not damaged and not _is_pack(destination):
        raise UsageError(f'{destination} is there and is no pack: remove it, or choose another folder')


def _is_pack(folder: Path) -> bool:
    """Say whether a folder calls itself a pack, of whatever version."""
    try:
        return bool(from_json((folder / 'meta.json').read_text(encoding='utf-8'))['format'] == FORMAT)
    except (OSError, ValueError, KeyError, TypeError):
        return False


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Create a folder and hold it until the end, waiting for any other process that does."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            file = (folder / 'lock').open('a')
        except FileNotFoundError:
            continue  # removed by the process that held it
        with file:
            _lock(file.fileno(), folder)
            if still_names(folder / 'lock', file.fileno()):
                yield
                return


def _lock(descriptor: int, folder: Path) -> None:
    """Lock a file; a kill unlocks it. On a file system without locks nothing happens."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        logging.getLogger(__name__).warning('another process is at work in %s: waiting for it', folder)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:
        pass


def _chunks(making: Path, job: Job) -> Path:
    """Return the folder of this job's chunks; what other jobs and killed runs have left is removed."""
    chunks = making / job.key
    for path in making.iterdir():
        if path.is_dir() and path != chunks:
            shutil.rmtree(path, ignore_errors=True)
    chunks.mkdir(exist_ok=True)
    return chunks


def _make(job: Job, chunks: Path, workers: int, title: str | None) -> None:
    """Make all chunks that are missing."""
    total, done = sum(job.sizes.values()), stored(chunks, job.sizes)
    if done == total:
        return
    helpers: list[subprocess.Popen[str]] = []
    if workers > 1 and _seconds_an_object(job) * (total - done) > PATIENCE:
        order = chunks.parent / 'order.json'
        if save_order(job, order):
            helpers = start_workers(WORKER, [str(order), str(chunks)], workers - 1)
    try:
        with tqdm(total=total, initial=done, desc=title, unit='object', disable=title is None) as bar:
            for count in fill(chunks, job.sizes, job.make):
                bar.update(count - bar.n)
                told = complaint(helpers)
                if told is not None:
                    raise UsageError(told)
    finally:
        stop_workers(helpers)


def _seconds_an_object(job: Job) -> float:
    """Return how long it takes to read the first object."""
    start = time.perf_counter()
    _ = job.form
    return time.perf_counter() - start


def _join(job: Job, chunks: Path, pack: Path, about: dict[str, Any], title: str | None) -> None:
    """Write the arrays and what describes them."""
    pack.mkdir()
    lengths = [_chunk(job, chunks, start, LENGTHS) for start in job.sizes]
    sizes, lines = (np.concatenate([chunk[name] for chunk in lengths]) for name in LENGTHS)
    columns = {name: values for name, values in _chunk(job, chunks, 0).items() if name not in LENGTHS}
    forms = {name: _form(name, values, sizes, int(lines.sum())) for name, values in columns.items()}
    small = {'lines': _offsets(lines), 'labels': job.labels}
    if len(set(sizes.tolist())) > 1:
        small = {'offsets': _offsets(sizes), **small}
    forms = {**{name: (values.shape, values.dtype) for name, values in small.items()}, **forms}
    with ExitStack() as stack:
        files = {name: stack.enter_context(RowsFile(pack / f'{name}.npy', *form)) for name, form in forms.items()}
        for name, values in small.items():
            files[name].append(values)
        for start in tqdm(job.sizes, desc=title, unit='chunk', disable=title is None):
            chunk = _chunk(job, chunks, start)
            for name in columns:
                files[name].append(chunk[name])
    _describe(job, pack, forms, about)


def _describe(job: Job, pack: Path, forms: dict[str, tuple[tuple[int, ...], np.dtype[Any]]], about: object) -> None:
    """Write ``meta.json`` and ``stamps.json`` for the arrays that lie there."""
    arrays = {name: map_array(pack / f'{name}.npy', *form) for name, form in forms.items()}
    splits, captions = {}, True
    for split, (start, stop) in job.stretches.items():
        share = arrays['objects'][arrays['lines'][start] : arrays['lines'][stop]]
        objects = [json.loads(line) for line in share.tobytes().splitlines()]
        captions = captions and all(values['caption'] is not None for values in objects)
        splits[split] = {
            'start': start,
            'stop': stop,
            'texts': content_hash(*(json.dumps([values['caption'], values['info']]) for values in objects)),
            'digests': digests(arrays, start, stop),
            'source': {
                'type': type(job.datasets[split]).__name__,
                'fingerprint': job.datasets[split].fingerprint,
                'config': json.loads(json.dumps(job.configs.get(split), default=str)),
            },
        }
    files = stamps(pack / f'{name}.npy' for name in forms)
    meta = {
        'format': FORMAT,
        'version': VERSION,
        'fingerprint': '',
        'key': job.key,
        'classes': job.classes,
        'parts': job.part_names,
        'captions': captions,
        'splits': splits,
        'arrays': {
            name: {'dtype': np.lib.format.dtype_to_descr(dtype), 'shape': list(shape), 'bytes': files[f'{name}.npy'][0]}
            for name, (shape, dtype) in forms.items()
        },
        'about': about,
    }
    meta['fingerprint'] = fingerprint(meta, list(splits))
    write_json(pack / 'stamps.json', files)
    write_meta(pack, meta)


def _publish(making: Path, destination: Path) -> None:
    """Put the pack in its place; an older one steps aside first."""
    if os.path.lexists(destination):
        destination.replace(making / 'old')
    (making / 'pack').replace(destination)


def _chunk(job: Job, chunks: Path, start: int, names: Sequence[str] | None = None) -> Row:
    """Read a chunk; one that is missing or damaged is made again."""
    chunk = read_chunk(chunks, start, names)
    if chunk is None:
        write_chunk(chunks, start, job.make(start))
        chunk = read_chunk(chunks, start, names)
    if chunk is None:
        raise OSError('what was just written cannot be read')
    return chunk


def _form(name: str, values: np.ndarray, sizes: np.ndarray, num_bytes: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return shape and type of a whole array, given those of its first chunk."""
    if name == 'objects':
        shape: tuple[int, ...] = (num_bytes,)
    elif name not in CLOUDS:
        shape = (len(sizes), *values.shape[1:])
    elif len(set(sizes.tolist())) == 1:
        shape = (len(sizes), int(sizes[0]), *values.shape[1:])
    else:
        shape = (int(sizes.sum()), *values.shape[1:])
    return shape, values.dtype


def _offsets(lengths: np.ndarray) -> np.ndarray:
    """Return where stretches of some lengths begin, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
