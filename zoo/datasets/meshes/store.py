"""What was made of the meshes of a folder, kept on disk: an .npz file a mesh, and a journal that says what each is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.bake import Recipe, bake, digest, traits, write_arrays
from zoo.datasets.meshes.beside import folder_files
from zoo.datasets.meshes.files import parse_mesh
from zoo.datasets.meshes.pool import run_jobs
from zoo.datasets.prepared.arrays import read_npz
from zoo.datasets.storage import content_hash
from zoo.errors import UsageError
from zoo.io import from_json, reading

Record = dict[str, Any]
"""One line of the journal: ``name`` of the mesh, ``stamps`` of its file and of those that it names (size and time, None
where one is missing), ``content`` (a digest of what was made), ``faces``, ``signature``, ``thinness``, and ``error``
where it is broken."""


class Store:
    """A folder with the points and views of meshes.

    A line is added to the journal after the file it speaks of was put in its place in one step. Whatever was killed,
    and however many processes work at the same time, a mesh is either there or made again, with the same content.

    Args:
        folder: The folder; it is made where it is missing.
        recipe: Points and views that are made of every mesh.

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

    def present(self) -> set[str]:
        """Return the names of the files that are there."""
        with reading(self.folder):
            return {path.name for path in self.folder.iterdir()}

    def update(self, meshes: Mapping[str, Path], *, workers: int = 2, progress: bool = True) -> dict[str, Record]:
        """Make what is not there yet, or no longer what the files are, and return the record of every mesh.

        Args:
            meshes: File of every mesh by its name.
            workers: Number of processes.
            progress: Whether a bar shows how far it is.

        Raises:
            UsageError: The folder cannot be written.
        """
        present = self.present()
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
                file.write(json.dumps({**record, 'check': _check(record, self.journal)}) + '\n')
        except OSError as error:
            raise UsageError(
                f'cannot write {self.journal} ({error.strerror}): set $ZOO_HOME to a folder of yours with space'
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
            key: 'points', 'normals', 'colors' or 'views'.
            path: Its file.

        Raises:
            UsageError: The mesh cannot be read any more.
        """
        content = self.records[name]['content']
        array = read_array(self.path(name), key, content)
        if array is None:
            job = {'name': name, 'path': str(path), 'target': str(self.path(name)), 'recipe': self.recipe.to_dict()}
            record = as_record(bake_file(job))
            if record['error']:
                raise UsageError(record['error']) from None
            if record['content'] != content:
                raise UsageError(f'{path} was changed while it was in use: start again')
            self.add(record)
            array = read_array(self.path(name), key, content)
        if array is None:
            raise UsageError(f'{self.path(name)} does not hold what was just written: set $ZOO_HOME to another disk')
        return array


def read_array(path: Path, key: str, content: str) -> NDArray[Any] | None:
    """Read one array of what was made of a mesh; None when the file is missing, damaged, or that of another mesh.

    Args:
        path: The file.
        key: Name of the array.
        content: Digest of what was made, which the file holds, too.
    """
    arrays = read_npz(path, (key, 'content'))
    return arrays[key] if arrays is not None and str(arrays['content']) == content else None


def _read_journal(path: Path) -> dict[str, Record]:
    """Return the latest record of every mesh; a line that was cut off, changed, or of another folder is left out."""
    records: dict[str, Record] = {}
    try:
        with reading(path):
            lines = path.read_text(encoding='utf-8', errors='replace').splitlines()
    except FileNotFoundError:
        return records
    for line in lines:
        try:
            record = from_json(line)
            if record.pop('check') == _check(record, path):
                records[record['name']] = record
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue
    return records


def _check(record: Record, journal: Path) -> str:
    """Return a digest of a record and of the folder it belongs to, whose name is that of root and recipe."""
    return content_hash(journal.parent.name, json.dumps(record, sort_keys=True))[:16]


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
        A record; with ``fatal`` instead of an error where the mesh may not be read or the target not be written.
    """
    path, beside = Path(job['path']), folder_files(Path(job['path']).parent)
    before = take_stamps(path, [''])
    record: Record = {'name': job['name'], 'faces': 0, 'error': None, 'content': ''}
    try:
        item = parse_mesh(path.read_bytes(), path.suffix, str(path), beside)
        recipe = Recipe(**job['recipe'])
        arrays = bake(item, recipe, job['name'])
        record |= {'faces': len(item.mesh.faces), 'content': digest(arrays), **traits(item, recipe)}
    except PermissionError as error:  # a matter of rights, not of the mesh: no object is left out for it
        record['fatal'] = f'{error.filename or path} cannot be read ({error.strerror}): ask its owner for permission'
        return record
    except (UsageError, MemoryError, OSError) as error:
        record['error'] = str(error) if isinstance(error, UsageError) else f'{path} cannot be read ({error!r})'
    record['stamps'] = {**before, **take_stamps(path, [*beside.taken, *beside.missing])}
    if record['error'] is None:
        try:
            write_arrays(Path(job['target']), {**arrays, 'content': np.array(record['content'])})
        except OSError as error:
            record['fatal'] = (
                f'cannot write {job["target"]} ({error.strerror or error}): make room, or choose another folder with '
                '$ZOO_HOME'
            )
    return record


def as_record(answer: dict[str, Any]) -> Record:
    """Turn the answer to a job into a record.

    Raises:
        UsageError: A mesh may not be read, or what was made of it could not be written.
    """
    if 'fatal' in answer:
        raise UsageError(answer['fatal'])
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
