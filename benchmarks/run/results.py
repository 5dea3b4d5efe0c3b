"""The folder in which jobs leave what they made."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.records import Record, Store
from benchmarks.records.files import from_text, to_text
from benchmarks.suites.job import Outcome
from zoo.errors import UsageError
from zoo.io import write_whole


class Results:
    """Results of jobs by their keys.

    ``jobs/KEY.json`` is there when, and only when, a job is done; it appears in one step. ``records`` holds the records
    of measurements, ``runs/KEY`` the files of a job, ``logs/KEY.log`` what it printed, ``failed/KEY.json`` why it
    failed, ``events.jsonl`` what was begun and ended.

    Attributes:
        out: the folder.
    """

    def __init__(self, out: Path) -> None:
        self.out = out

    @functools.cached_property
    def store(self) -> Store:
        """Records of measurements."""
        return Store(self.out / 'records')

    def done(self, key: str) -> bool:
        """Whether a job is finished."""
        return self._path('jobs', key).is_file()

    def get(self, key: str) -> dict[str, Any]:
        """What a finished job returned.

        Raises:
            UsageError: it is not finished, or its file is broken.
        """
        path = self._path('jobs', key)
        try:
            found: dict[str, Any] = from_text(path.read_text(encoding='utf-8'))['value']
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f'result {path} cannot be read: {error}; remove it to run the job again') from error
        return found

    def finished(self) -> Iterator[dict[str, Any]]:
        """Every finished job: key, kind, label, guess and seconds."""
        for path in sorted((self.out / 'jobs').glob('*.json')):
            try:
                yield from_text(path.read_text(encoding='utf-8'))
            except ValueError as error:
                raise UsageError(f'result {path} is broken: {error}; remove it to run the job again') from error

    def record(self, key: str) -> Record | None:
        """The record of a finished measurement."""
        return self.store.get(key) if self.done(key) else None

    def put(self, key: str, about: Mapping[str, Any], outcome: Outcome) -> None:
        """Keep what a job made.

        Args:
            key: of the job.
            about: kind, label, guess and seconds.
            outcome: what it made; its record carries the key.
        """
        if outcome.record is not None:
            self.store.add(outcome.record, outcome.predictions)
        text = to_text({**about, 'key': key, 'value': dict(outcome.value)})
        write_whole(self._path('jobs', key), text.encode())
        self._path('failed', key).unlink(missing_ok=True)

    def put_failure(self, key: str, label: str, error: str) -> None:
        """Keep why a job failed, until it is done."""
        write_whole(self._path('failed', key), to_text({'key': key, 'label': label, 'error': error}).encode())

    def failure(self, key: str) -> str:
        """Why a job failed, empty where it did not."""
        path = self._path('failed', key)
        if not path.is_file():
            return ''
        return str(from_text(path.read_text(encoding='utf-8'))['error'])

    def log(self, key: str) -> Path:
        """Where a job's output goes."""
        return self.out / 'logs' / f'{key}.log'

    def note(self, event: str, key: str) -> None:
        """Append a line to the list of events."""
        self.out.mkdir(parents=True, exist_ok=True)
        line = json.dumps({'time': round(time.time(), 3), 'event': event, 'key': key}) + '\n'
        with (self.out / 'events.jsonl').open('a', encoding='utf-8') as file:
            file.write(line)

    def _path(self, folder: str, key: str) -> Path:
        return self.out / folder / f'{key}.json'
