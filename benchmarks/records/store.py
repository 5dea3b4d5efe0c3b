"""A folder of records that many processes may fill and search at once."""

from __future__ import annotations

import dataclasses
import re
import sqlite3
import warnings
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.records.files import to_text
from benchmarks.records.index import COLUMNS, Index, is_busy
from benchmarks.records.predictions import Predictions, read_predictions
from benchmarks.records.record import Record, read_record
from zoo.errors import UsageError
from zoo.io import sweep

_T = TypeVar('_T')

ORDER = 'model, dataset, variant, protocol, seed, key'
FILTERS = tuple(name for name in COLUMNS if name not in ('path', 'stamp', 'metrics'))
_INSERT = f'INSERT OR REPLACE INTO records VALUES ({", ".join("?" * len(COLUMNS))})'


class Store:
    """Records as JSON files in a folder that holds no other JSON, searched through an embedded database.

    The files are the truth. The database is a copy that follows them whenever a store is opened: records that were
    copied into the folder appear, deleted ones vanish, and a lost or broken database is made again. Writers take turns
    by the database's lock. A writer that is killed leaves its record whole or not at all.

    Attributes:
        folder: holds the JSON files, at any depth, with the side files of predictions beside them.
    """

    def __init__(self, folder: Path) -> None:
        """Open the folder, made where it is absent; broken records are named in warnings and left out."""
        self.folder = Path(folder)
        self._index = Index(self.folder / 'index.sqlite')
        self._index.ensure()
        self.refresh()

    def add(self, record: Record, predictions: Predictions | None = None) -> Path:
        """Write a record, in the place of the one that has its key.

        Args:
            record: what to write.
            predictions: of every object, kept in a side file that the record then names.

        Returns:
            Path of the record.

        Raises:
            ValueError: the record is not what its schema says, or its accuracy is not that of the predictions.
        """
        if predictions is not None:
            _agree(record, predictions)
            record = dataclasses.replace(record, predictions=predictions.save(self.folder))
        record.text()  # says what is wrong before anything is locked
        return self._repaired(lambda: self._write(record))

    def get(self, key: str) -> Record | None:
        """The record of a key, None where there is none."""
        found = self.find(key=key)
        return found[0] if found else None

    def records(self) -> list[Record]:
        """All records, by model, data set, variant, protocol and seed."""
        return self.find()

    def find(self, **filters: Any) -> list[Record]:
        """Records that pass every filter, by model, data set, variant, protocol and seed.

        Args:
            filters: fields from ``FILTERS``. A text may be a shell pattern (``recon*``), a collection means any of its
                values.

        Raises:
            UsageError: a filter that is not known.
        """
        unknown = sorted(set(filters) - set(FILTERS))
        if unknown:
            raise UsageError(f'records have no filter {unknown[0]!r}: choose from {", ".join(FILTERS)}')
        clauses, values = [], []
        for name, wanted in filters.items():
            options = list(wanted) if isinstance(wanted, Collection) and not isinstance(wanted, str) else [wanted]
            tests = [f'{name} {"GLOB" if _is_pattern(option) else "="} ?' for option in options]
            clauses.append(f'({" OR ".join(tests) or "0"})')
            values += options
        where = f'WHERE {" AND ".join(clauses)}' if clauses else ''
        rows = self._repaired(lambda: self._select(f'SELECT path FROM records {where} ORDER BY {ORDER}', values))
        return [read_record(self.folder / row[0]) for row in rows]

    def predictions(self, record: Record) -> Predictions | None:
        """Per-object predictions of a record, None where none were kept.

        Raises:
            UsageError: the side file is missing or broken.
        """
        if not record.predictions:
            return None
        rows = self._repaired(lambda: self._select('SELECT path FROM records WHERE key = ?', [record.key]))
        folder = (self.folder / rows[0][0]).parent if rows else self.folder
        return read_predictions(folder / f'{record.predictions}.npz')

    def refresh(self) -> None:
        """Let the database follow the files: read what is new or changed, forget what is gone.

        A file that is broken, or that holds another record of a key that is there, is named in a warning and left out.
        """
        # Files are listed under the lock: no other writer can add one that is then taken for deleted.
        with self._index.write() as connection:
            known = dict(connection.execute('SELECT path, stamp FROM records').fetchall())
            there = {path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob('*.json')}
            stale = [name for name, stamp in known.items() if name not in there or _stamp(there[name]) != stamp]
            connection.executemany('DELETE FROM records WHERE path = ?', [(name,) for name in stale])
            for name in sorted(there.keys() - (known.keys() - set(stale))):
                self._take(connection, there[name])

    def rebuild(self) -> None:
        """Make the database again from the files, and sweep away what killed writers left."""
        sweep(self.folder)
        self._index.ensure()
        with self._index.write() as connection:
            connection.execute('DELETE FROM records')
        self.refresh()

    def _write(self, record: Record) -> Path:
        """Write the file, then the row; a record that is there keeps its file, so that there is never a second one."""
        with self._index.write() as connection:
            row = connection.execute('SELECT path FROM records WHERE key = ?', (record.key,)).fetchone()
            path = self.folder / (row[0] if row else _name(record))
            record.save(path)
            connection.execute(_INSERT, self._row(record, path))
        return path

    def _take(self, connection: sqlite3.Connection, path: Path) -> None:
        """Read one file into the database; a copy of a record that is there counts once."""
        try:
            record = read_record(path)
        except UsageError as error:  # one broken file must not keep the others away
            warnings.warn(f'left out: {error}', stacklevel=4)
            return
        row = connection.execute('SELECT path FROM records WHERE key = ?', (record.key,)).fetchone()
        if row is None:
            connection.execute(_INSERT, self._row(record, path))
        elif read_record(self.folder / row[0]) != record:
            warnings.warn(
                f'left out: record {path} has the key of {self.folder / row[0]} and differs; remove one', stacklevel=4
            )

    def _select(self, query: str, values: Sequence[Any]) -> list[Any]:
        """Rows of a query."""
        with self._index.read() as connection:
            return connection.execute(query, values).fetchall()

    def _repaired(self, action: Callable[[], _T]) -> _T:
        """Do it; where the database was lost or broken since it was opened, make it again and do it once more."""
        try:
            return action()
        except sqlite3.DatabaseError as error:
            if is_busy(error):
                raise
            self._index.ensure()
            self.refresh()
            return action()

    def _row(self, record: Record, path: Path) -> list[Any]:
        """A record as a row of the table."""
        own: dict[str, Any] = {
            'key': record.key,
            'path': path.relative_to(self.folder).as_posix(),
            'stamp': _stamp(path),
            'metrics': to_text(record.metrics),
        }
        dataset, protocol = record.dataset, record.protocol
        own |= {'dataset': dataset.name, 'protocol': protocol.name, 'protocol_version': protocol.version}
        own |= {name: getattr(dataset, name) for name in ('variant', 'split', 'fingerprint')}
        own |= {name: getattr(protocol, name) for name in ('voting', 'epoch_selection')}
        return [own[name] if name in own else getattr(record, name) for name in COLUMNS]


def _name(record: Record) -> str:
    """File name that a reader of the folder understands, unique by the key."""
    words = [record.model, record.dataset.name, record.dataset.variant, record.protocol.name, str(record.seed)]
    slug = '_'.join(re.sub(r'[^a-z0-9.@]+', '-', word.lower()).strip('-.') for word in words if word)
    return f'{slug[:120]}_{record.key[:16]}.json'


def _stamp(path: Path) -> str:
    """What changes when a file does."""
    status = path.stat()
    return f'{status.st_mtime_ns} {status.st_size}'


def _is_pattern(wanted: Any) -> bool:
    """Whether a text is a shell pattern."""
    return isinstance(wanted, str) and any(sign in wanted for sign in '*?[')


def _agree(record: Record, predictions: Predictions) -> None:
    """Refuse an accuracy that the predictions do not have."""
    stated = record.metrics.get('oa')
    if stated is not None and abs(stated - predictions.accuracy) > 0.01:
        raise ValueError(f'{record.model}: accuracy {stated:.2f}, but {predictions.accuracy:.2f} by the predictions')
