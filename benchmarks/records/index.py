"""The embedded database over a folder of records: a copy of what the files say, made again whenever it is lost."""

from __future__ import annotations

import os
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from filelock import FileLock

BUSY_SECONDS = 120.0
"""How long a writer waits for the others."""

SCHEMA = 1
"""Version of the table; another one is made again."""

COLUMNS = {
    'key': 'TEXT PRIMARY KEY',
    'path': 'TEXT NOT NULL UNIQUE',
    'stamp': 'TEXT NOT NULL',
    'model': 'TEXT NOT NULL',
    'dataset': 'TEXT NOT NULL',
    'variant': 'TEXT NOT NULL',
    'split': 'TEXT NOT NULL',
    'fingerprint': 'TEXT NOT NULL',
    'protocol': 'TEXT NOT NULL',
    'protocol_version': 'INTEGER NOT NULL',
    'voting': 'TEXT NOT NULL',
    'epoch_selection': 'TEXT NOT NULL',
    'seed': 'INTEGER NOT NULL',
    'config_sha256': 'TEXT NOT NULL',
    'weights_sha256': 'TEXT NOT NULL',
    'source': 'TEXT NOT NULL',
    'date': 'TEXT NOT NULL',
    'metrics': 'TEXT NOT NULL',
}

_CREATE = f'CREATE TABLE IF NOT EXISTS records ({", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())})'


class Index:
    """A table of records in one SQLite file.

    Every access opens the file anew, so that threads, forks and a file that was made again need no care. The journal is
    SQLite's default: the write-ahead log needs memory shared by all writers, which network folders do not give.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection for queries; errors name the file."""
        try:
            with closing(self._connect()) as connection:
                yield connection
        except sqlite3.DatabaseError as error:
            raise type(error)(f'{self.path}: {error}') from error

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A connection that holds the write lock; committed at the end, undone when something is raised."""
        with self.read() as connection:
            connection.execute('BEGIN IMMEDIATE')
            try:
                yield connection
            except BaseException:
                connection.execute('ROLLBACK')
                raise
            connection.execute('COMMIT')

    def ensure(self) -> None:
        """Make the database unless it is there and whole; warn when a broken one is thrown away."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix('.lock')):
            problem = self._problem()
            if problem:
                warnings.warn(
                    f'record index {self.path} is broken ({problem}); made again from the files', stacklevel=3
                )
                self.remove()
            with self.write() as connection:
                connection.execute(_CREATE)
                connection.execute(f'PRAGMA user_version = {SCHEMA}')

    def remove(self) -> None:
        """Delete the database with its journal."""
        for suffix in ('', '-journal', '-wal', '-shm'):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        connection.execute(f'PRAGMA busy_timeout = {int(1000 * BUSY_SECONDS)}')
        return connection

    def _problem(self) -> str:
        """What is wrong with the database; nothing where it is whole or absent."""
        if not os.path.lexists(self.path):
            return ''
        try:
            with self.read() as connection:
                verdict = connection.execute('PRAGMA quick_check(1)').fetchone()[0]
                version = connection.execute('PRAGMA user_version').fetchone()[0]
                names = [row[1] for row in connection.execute('PRAGMA table_info(records)')]
        except sqlite3.DatabaseError as error:
            if is_busy(error):
                raise
            return str(error)
        if verdict != 'ok':
            return str(verdict)
        # A new file that another process is about to fill has neither version nor table.
        if (version, names) in ((0, []), (SCHEMA, list(COLUMNS))):
            return ''
        return f'layout {version}, expected {SCHEMA}'


def is_busy(error: sqlite3.Error) -> bool:
    """Whether the database is whole and another process held it for too long."""
    return isinstance(error, sqlite3.OperationalError) and ('locked' in str(error) or 'busy' in str(error))
