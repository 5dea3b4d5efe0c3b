"""The folder in which jobs leave what they made."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.records import Failure, PredictionLists, Result, Store
from benchmarks.records.keys import plain
from benchmarks.records.lines import warn_once
from benchmarks.records.store import NAME
from benchmarks.suites.job import JOB_TYPES, Job, Outcome, identity, in_order
from benchmarks.suites.portable import portable
from zoo.errors import UsageError
from zoo.io import file_hash


class Results:
    """Results of jobs by their keys.

    ``results.jsonl.gz`` has a line for every finished job, with its record and predictions, for every failure and for
    every table that was asked for; tables are made from it alone. ``runs/KEY`` holds the files of a job,
    ``logs/KEY.log`` what it printed, ``events.jsonl`` what was begun and ended, ``run.json`` what the last run was
    to do. A job whose files are no longer what they were is not done.

    Attributes:
        out: the folder.
        store: the results file.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.store = Store(out / NAME)

    def done(self, key: str) -> bool:
        """Whether a job is finished, and all it left is still what it was; where it is not, that is said once."""
        self.store.refresh()
        result = self.store.results.get(key)
        if result is None:
            return False
        for name, expected in result.files.items():
            if reason := _unfit(self.out / name, expected):
                warn_once(f'{self.out / name} {reason}: "{result.label}" counts as not done')
                return False
        return True

    def get(self, key: str) -> dict[str, Any]:
        """What a finished job returned.

        Raises:
            UsageError: it is not finished, or something it left is not what it was.
        """
        if not self.done(key):
            raise UsageError(
                f'result {key} in {self.store.path} is missing or damaged: the same command makes it again'
            )
        return self.store.results[key].value

    def finished(self) -> Iterator[Result]:
        """Every finished job; what it left is not looked at."""
        self.store.refresh()
        yield from self.store.results.values()

    def put(self, job: Job, outcome: Outcome, seconds: float = 0.0, cpu_seconds: float = 0.0) -> None:
        """Keep what a job made, and how long it took."""
        found = outcome.predictions
        self.store.add(
            Result(
                key=job.key,
                kind=job.type,
                label=str(job),
                like=job.like,
                settings=portable(plain(job.settings), strict=False),
                needs={role: need.key for role, need in job.needs.items()},
                guess=job.seconds,
                seconds=seconds,
                cpu_seconds=cpu_seconds,
                value=plain(outcome.value),
                files={name: file_hash(self.out / name) for name in outcome.files},
                record=outcome.record,
                predictions=PredictionLists.pack(found) if found is not None else None,
            )
        )

    def take_over(self, wanted: Iterable[Job]) -> list[Result]:
        """Let results of other code count for jobs that are not done, where type, settings and needs are the same.

        They keep their records, which name their commit, and their files; one that lost a file does not count, nor one
        of another version of its protocol.

        Returns:
            What counts from now on, under the keys of today; it is not in the file before it is added.
        """
        self.store.refresh()
        results = self.store.results

        @functools.cache
        def identity_of(key: str) -> str:
            needs = {role: identity_of(need) if need in results else '' for role, need in results[key].needs.items()}
            return identity(results[key].kind, results[key].settings, needs)

        known, taken = {identity_of(key): result for key, result in results.items()}, []
        for job in in_order([*wanted]):
            found = known.get(job.identity)
            if found is None or job.key in results:
                continue
            if found.record and found.record.protocol.version != JOB_TYPES[job.type].version:
                continue
            if not any(_unfit(self.out / name, expected) for name, expected in found.files.items()):
                # Of what is lost the old key stays, so that a record still leads to how its weights were made.
                needs = {r: need.key if need.key in results else found.needs[r] for r, need in job.needs.items()}
                taken.append(found.model_copy(update={'key': job.key, 'needs': needs}))
                results[job.key] = taken[-1]
        return taken

    def put_failure(self, job: Job, error: str) -> None:
        """Keep why a job failed, until it is done."""
        self.store.put(Failure(key=job.key, label=str(job), error=error))

    def failure(self, key: str) -> str:
        """Why a job failed, empty where it did not."""
        self.store.refresh()
        return self.store.failures[key].error if key in self.store.failures else ''

    def log(self, key: str) -> Path:
        """Where a job's output goes."""
        return self.out / 'logs' / f'{key}.log'

    @property
    def events(self) -> Path:
        """List of what was begun and ended, a line each."""
        return self.out / 'events.jsonl'

    def note(self, event: str, key: str) -> None:
        """Append a line to the list of events."""
        self.out.mkdir(parents=True, exist_ok=True)
        line = json.dumps({'time': round(time.time(), 3), 'event': event, 'key': key}) + '\n'
        with self.events.open('a', encoding='utf-8') as file:
            file.write(line)


def _unfit(path: Path, expected: str) -> str:
    """Why a file is not what it was; empty where it is."""
    try:
        status = path.stat()
        found = _hash(path, (status.st_mtime_ns, status.st_size, status.st_ino))
    except FileNotFoundError:
        return 'is missing'
    except OSError as error:
        return f'cannot be read ({error.strerror})'
    return '' if found == expected else 'is not what was written'


@functools.lru_cache(None)
def _hash(path: Path, stamp: tuple[int, int, int]) -> str:
    """Digest of a file, which is read once unless it changes."""
    return file_hash(path)
