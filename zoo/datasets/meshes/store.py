"""What was made of the meshes of a folder, kept on disk: an .npz file a mesh, and a journal that says what each is."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.bake import Recipe, bake, digest, write_arrays
from zoo.datasets.meshes.beside import folder_files
from zoo.datasets.meshes.files import parse_mesh
from zoo.datasets.meshes.pool import run_jobs
from zoo.errors import UsageError

Record = dict[str, Any]
"""One line of the journal: ``name`` of the mesh, ``stamps`` of its file and of those that it names (size and time, None
where one is missing), ``content`` (a digest of what was made), ``faces``, and ``error`` where it is broken."""


class Store:
    """A folder with the points and views of meshes.

    A line is added to the journal after the file it speaks of was put in its place in one step. Whatever was killed,
    and however many processes work at the same time, a mesh is either there or made again, with the same content.

    Args:
        folder: The folder; it is made where it is missing.
        recipe: What is made of every mesh.

    Raises:
        UsageError: The folder cannot be written.
    """

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.folder, self.recipe = folder, recipe
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f'cannot write to {folder} ({error.strerror}): set $ZOO_HOME to a writable folder'
            ) from error
        self.journal = folder / 'journal.jsonl'
        self.records: dict[str, Record] = _read_journal(self.journal)

    def path(self, name: str) -> Path:
        """Return the file with what was made of a mesh."""
        return self.folder / f'{hashlib.sha256(name.encode()).hexdigest()[:32]}.npz'

    def update(self, meshes: Mapping[str, Path], *, workers: int = 2, progress: bool = True) -> dict[str, Record]:
        """Make what is not there yet, or no longer what the files are, and return the record of every mesh.

        Args:
            meshes: File of every mesh by its name.
            workers: Processes.
            progress: Whether a bar shows how far it is.

        Raises:
            UsageError: The folder cannot be written.
        """
        present = {path.name for path in self.folder.iterdir()}
        jobs = [
            {'name': name, 'path': str(path), 'target': str(self.path(name)), 'recipe': self.recipe.to_dict()}
            for name, path in meshes.items()
            if not self._is_fresh(name, path, present)
        ]
        for answer in run_jobs(
            f'{__name__}:bake_file', jobs, workers=workers, title='reading meshes', progress=progress
        ):
            self.add(as_record(answer))
        return {name: self.records[name] for name in meshes}

    def add(self, record: Record) -> None:
        """Note what was made of a mesh."""
        self.records[record['name']] = record
        try:
            with self.journal.open('a', encoding='utf-8') as file:
                file.write(json.dumps(record) + '\n')
        except OSError as error:
            raise UsageError(
                f'cannot write {self.journal} ({error.strerror}): set $ZOO_HOME to another disk'
            ) from error

    def _is_fresh(self, name: str, path: Path, present: set[str]) -> bool:
        """Say whether a mesh is there and its files are as they were."""
        record = self.records.get(name)
        if record is None or (record['error'] is None and self.path(name).name not in present):
            return False
        return bool(record['stamps'] == take_stamps(path, record['stamps']))

    def array(self, name: str, key: str, path: Path) -> NDArray[Any]:
        """Return one array of a mesh; what is damaged is made again.

        Args:
            name: The mesh.
            key: 'points', 'normals', 'colours' or 'views'.
            path: Its file.

        Raises:
            UsageError: The mesh cannot be read any more.
        """
        try:
            return read_array(self.path(name), key)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            job = {'name': name, 'path': str(path), 'target': str(self.path(name)), 'recipe': self.recipe.to_dict()}
            record = as_record(bake_file(job))
            if record['error']:
                raise UsageError(record['error']) from None
            self.add(record)
            return read_array(self.path(name), key)


def read_array(path: Path, key: str) -> NDArray[Any]:
    """Read one array of an .npz file."""
    with np.load(path, allow_pickle=False) as file:
        array: NDArray[Any] = file[key]
    return array


def _read_journal(path: Path) -> dict[str, Record]:
    """Return the latest record of every mesh; a line that was cut off is left out."""
    records: dict[str, Record] = {}
    try:
        lines = path.read_text(encoding='utf-8', errors='replace').splitlines()
    except OSError:
        return records
    for line in lines:
        try:
            record = json.loads(line)
            if {'name', 'stamps', 'content', 'faces', 'error'} <= set(record):
                records[record['name']] = record
        except (ValueError, TypeError):
            continue
    return records


def take_stamps(path: Path, names: Iterable[str]) -> dict[str, list[int] | None]:
    """Return size and time of a file, under the empty name, and of files named relative to its folder."""
    stamps: dict[str, list[int] | None] = {}
    for name in names:
        try:
            stat = (path.parent / name if name else path).stat()
            stamps[name] = [stat.st_size, stat.st_mtime_ns]
        except OSError:
            stamps[name] = None
    return stamps


def bake_file(job: dict[str, Any]) -> dict[str, Any]:
    """Read a mesh, make its points and views, write them; a job for ``run_jobs``.

    Args:
        job: ``name``, ``path``, ``target`` (the .npz file) and ``recipe``.

    Returns:
        A record; with ``fatal`` instead of an error where the target cannot be written.
    """
    path, beside = Path(job['path']), folder_files(Path(job['path']).parent)
    before = take_stamps(path, [''])
    record: Record = {'name': job['name'], 'faces': 0, 'error': None, 'content': ''}
    try:
        item = parse_mesh(path.read_bytes(), path.suffix, str(path), beside)
        arrays = bake(item, Recipe(**job['recipe']), job['name'])
        record |= {'faces': len(item.mesh.faces), 'content': digest(arrays)}
    except (UsageError, MemoryError, OSError) as error:
        record['error'] = str(error) if isinstance(error, UsageError) else f'{path} cannot be read ({error!r})'
    record['stamps'] = {**before, **take_stamps(path, [*beside.taken, *beside.missing])}
    if record['error'] is None:
        try:
            write_arrays(Path(job['target']), arrays)
        except OSError as error:
            record['fatal'] = f'cannot write {job["target"]} ({error.strerror or error})'
    return record


def as_record(answer: dict[str, Any]) -> Record:
    """Turn the answer to a job into a record.

    Raises:
        UsageError: What was made could not be written.
    """
    if 'fatal' in answer:
        raise UsageError(f'{answer["fatal"]}: make room, or choose another folder')
    if 'died' not in answer:
        return answer
    path = Path(answer['path'])
    reason = f'{path} cannot be read: the process that tried died ({answer["died"]})'
    return {
        'name': answer['name'],
        'faces': 0,
        'error': reason,
        'stamps': take_stamps(path, ['']),
        'content': '',
    }
