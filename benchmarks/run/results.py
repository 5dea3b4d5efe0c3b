"""The folder in which jobs leave what they made."""

from __future__ import annotations

import functools
import json
import logging
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.records import Predictions, Record, Store, read_predictions, read_record
from benchmarks.records.files import read_note, write_note
from benchmarks.suites.job import Outcome
from zoo.errors import UsageError
from zoo.io import file_hash

Stamp = tuple[int, int, int]


class Results:
    """Results of jobs by their keys.

    ``jobs/KEY.json`` is there when, and only when, a job is done; it appears in one step, and holds the hash of every
    file that the job left to be read: its record, its predictions, its weights. A job whose files are no longer those
    is not done. ``records`` holds the records of measurements, ``runs/KEY`` the files of a job, ``logs/KEY.log`` what
    it printed, ``failed/KEY.json`` why it failed, ``events.jsonl`` what was begun and ended.

    Attributes:
        out: the folder.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self._hashes: dict[Path, tuple[Stamp, str]] = {}
        self._said: set[str] = set()

    @functools.cached_property
    def store(self) -> Store:
        """Records of measurements."""
        return Store(self.out / 'records')

    def done(self, key: str) -> bool:
        """Whether a job is finished, and all it left is still what it was; where it is not, that is said once."""
        return self._note(key) is not None

    def get(self, key: str) -> dict[str, Any]:
        """What a finished job returned.

        Raises:
            UsageError: it is not finished, or something it left is not what it was.
        """
        note = self._note(key)
        if note is None:
            raise UsageError(f'result {self._path("jobs", key)} is missing or damaged: the same command makes it again')
        found: dict[str, Any] = note['value']
        return found

    def finished(self) -> Iterator[dict[str, Any]]:
        """Every finished job: key, kind, label, guess and seconds; what it left is not looked at."""
        for path in sorted((self.out / 'jobs').glob('*.json')):
            try:
                yield read_note(path)
            except (OSError, ValueError) as error:
                self._say(path, f'result {path} is damaged: {error}')

    def record(self, key: str) -> Record | None:
        """The record of a finished measurement, None where there is none or it is not what it was."""
        path = self._record_path(key)
        return None if path is None else read_record(path)

    def predictions(self, key: str) -> Predictions | None:
        """Per-object predictions of a finished measurement, None where none were kept."""
        path = self._record_path(key)
        name = '' if path is None else read_record(path).predictions
        return read_predictions(path.with_name(f'{name}.npz')) if path and name else None

    def put(self, key: str, about: Mapping[str, Any], outcome: Outcome) -> None:
        """Keep what a job made.

        Args:
            key: of the job.
            about: kind, label, guess and seconds.
            outcome: what it made; its record carries the key.
        """
        files = [self.out / name for name in outcome.files]
        if outcome.record is not None:
            files.append(self.store.add(outcome.record, outcome.predictions))
            files += [self.store.folder / f'{outcome.predictions.sha256}.npz'] if outcome.predictions else []
        hashes = {path.relative_to(self.out).as_posix(): file_hash(path) for path in files}
        note = {**about, 'key': key, 'value': dict(outcome.value), 'files': hashes}
        write_note(self._path('jobs', key), note)
        self._path('failed', key).unlink(missing_ok=True)

    def put_failure(self, key: str, label: str, error: str) -> None:
        """Keep why a job failed, until it is done."""
        write_note(self._path('failed', key), {'key': key, 'label': label, 'error': error})

    def failure(self, key: str) -> str:
        """Why a job failed, empty where it did not."""
        path = self._path('failed', key)
        try:
            return str(read_note(path)['error'])
        except FileNotFoundError:
            return ''
        except (OSError, ValueError) as error:
            return f'its note {path.name} is damaged: {error}'

    def log(self, key: str) -> Path:
        """Where a job's output goes."""
        return self.out / 'logs' / f'{key}.log'

    def note(self, event: str, key: str) -> None:
        """Append a line to the list of events."""
        self.out.mkdir(parents=True, exist_ok=True)
        line = json.dumps({'time': round(time.time(), 3), 'event': event, 'key': key}) + '\n'
        with (self.out / 'events.jsonl').open('a', encoding='utf-8') as file:
            file.write(line)

    def _note(self, key: str, part: str = '') -> dict[str, Any] | None:
        """What is kept of a finished job whose files (those whose path begins with ``part``) are what they were."""
        path = self._path('jobs', key)
        try:
            note = read_note(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self._say(path, f'result {path} is damaged ({error}): its job counts as not done')
            return None
        for name, expected in note['files'].items():
            if name.startswith(part) and (reason := self._unfit(self.out / name, expected)):
                self._say(path, f'{self.out / name} {reason}: "{note["label"]}" counts as not done')
                return None
        return note

    def _record_path(self, key: str) -> Path | None:
        """Where the record of a finished measurement is."""
        note = self._note(key, 'records/')
        return next((self.out / name for name in note['files'] if name.endswith('.json')), None) if note else None

    def _unfit(self, path: Path, expected: str) -> str:
        """Why a file is not what it was; empty where it is. Read once unless it changes."""
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if self._hashes.get(path, ((), ''))[0] != stamp:
                self._hashes[path] = stamp, file_hash(path)
        except FileNotFoundError:
            return 'is missing'
        except OSError as error:
            return f'cannot be read ({error.strerror})'
        return '' if self._hashes[path][1] == expected else 'is not what was written'

    def _say(self, path: Path, text: str) -> None:
        """Warn, once for every file."""
        if str(path) not in self._said:
            self._said.add(str(path))
            logging.getLogger(__name__).warning('%s', text)

    def _path(self, folder: str, key: str) -> Path:
        return self.out / folder / f'{key}.json'
