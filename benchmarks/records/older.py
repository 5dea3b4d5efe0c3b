"""Folders of results as they were before there were results files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from benchmarks.records.files import from_text, read_note
from benchmarks.records.predictions import PredictionLists, Predictions
from benchmarks.records.schema import NOT_KEPT, Line, Record, Result, line_of, reason
from zoo.arrays import load_npz
from zoo.errors import UsageError


def read_record(path: Path) -> Record:
    """One record in a file of its own, as folders of results had them before there were results files.

    Raises:
        UsageError: the file is broken, or of a layout that is not known.
    """
    try:
        return Record.model_validate(from_text(path.read_text(encoding='utf-8')))
    except ValidationError as error:
        raise UsageError(f'record {path} cannot be read: {reason(error)}; remove it to measure again') from error
    except (OSError, ValueError) as error:
        raise UsageError(f'record {path} cannot be read: {error}; remove it to measure again') from error


def old_folder(folder: Path) -> Iterator[Line]:
    """Lines for everything in a folder of results of before there were results files.

    It held ``jobs/KEY.json`` for every finished job, ``records/*.json`` with ``HASH.npz`` of predictions beside them,
    ``failed/KEY.json`` and ``sheets/PROFILE/NAME.json``; studies left records alone, at any depth.

    Raises:
        UsageError: a file in it is broken, or there is nothing of this kind.
    """
    records = {path: read_record(path) for path in sorted((folder / 'records').rglob('*.json'))}
    notes = {path: _note(path) for path in sorted((folder / 'jobs').glob('*.json'))}
    plans = sorted((folder / 'sheets').glob('*/*.json'))
    if not (records or notes):
        raise UsageError(f'{folder} holds neither a results file nor records of older layouts')
    left = {path.relative_to(folder).as_posix(): path for path in records}
    for path, note in notes.items():
        own = next((left.pop(name) for name in note['files'] if name in left), None)
        files = {name: sha for name, sha in note['files'].items() if not name.startswith('records/')}
        value = dict(note['value'])
        if 'sha256' in value:
            value['digest'] = f'file:{value.pop("sha256")}'
        known = {name: note[name] for name in Result.model_fields if name in note}
        made = {**known, 'files': files, 'value': value, **(_evidence(own, records[own]) if own else {})}
        yield _line(path, made)
    for path in left.values():
        yield _line(path, {'key': records[path].key, **_evidence(path, records[path])})
    for path in sorted((folder / 'failed').glob('*.json')):
        yield _line(path, {name: _note(path)[name] for name in ('key', 'label', 'error')}, 'failure')
    for path in plans:
        yield _line(path, {**_note(path), 'profile': path.parent.name}, 'plan')


def _line(path: Path, data: Mapping[str, Any], kind: str = 'result') -> Line:
    """A line, with the file it comes from in what is wrong with it."""
    try:
        return line_of({'line': kind, **data})
    except ValueError as error:
        raise UsageError(f'{path} cannot be read: {error}; remove it to measure again') from error


def _note(path: Path) -> dict[str, Any]:
    try:
        return read_note(path)
    except (OSError, ValueError) as error:
        raise UsageError(f'{path} cannot be read: {error}; remove it to measure again') from error


def _evidence(path: Path, record: Record) -> dict[str, Any]:
    """A record with its predictions, which lay beside it under a digest of their content."""
    name = from_text(path.read_text(encoding='utf-8')).get('predictions', '')
    if not name:
        return {'record': record}
    side = path.with_name(f'{name}.npz')
    if not side.is_file():
        return {'record': record, 'predictions': NOT_KEPT}
    try:
        with load_npz(side) as archive:
            arrays = {part: archive[part] for part in ('index', 'target', 'predicted', 'score')}
        found = PredictionLists.pack(Predictions(**arrays))
    except Exception as error:  # whatever a broken archive makes of zipfile, zlib and numpy
        raise UsageError(f'predictions {side} cannot be read: {error}; remove them to go on without') from error
    total = hashlib.sha256()
    for part, array in sorted(arrays.items()):
        total.update(f'{part} {array.dtype.str} {array.shape} '.encode() + array.tobytes())
    if not total.hexdigest().startswith(name):
        raise UsageError(f'predictions {side} are not those of their record; remove them to go on without')
    return {'record': record, 'predictions': found}
