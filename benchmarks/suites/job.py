"""A job: the smallest piece of work that is done once and kept."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.records import Predictions, Record
from benchmarks.records.keys import digest
from zoo.config import ROOT as SHIPPED

ROOT = Path(__file__).resolve().parents[2]

LIBRARY = tuple(
    f'zoo/{name}'
    for name in ('ops', 'layers', 'backbones', 'teachers', 'objectives', 'models', 'datasets', 'transforms', 'engine')
)
"""Code that every trained or measured number depends on."""


@dataclass(frozen=True)
class Task:
    """What the function of a kind gets.

    Attributes:
        key: of the job.
        settings: of the job.
        inputs: what the jobs it needs have returned, by role.
        out: folder of the harness, shared by all jobs.
        device: ``cpu`` or ``cuda``.
    """

    key: str
    settings: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, Any]]
    out: Path
    device: str = 'cpu'

    @property
    def work(self) -> Path:
        """Folder of the job's own files; a job that was killed finds what it left there."""
        return self.out / 'runs' / self.key


@dataclass(frozen=True)
class Outcome:
    """What a job leaves.

    Attributes:
        value: JSON, read by the jobs that need it.
        record: of a measurement.
        predictions: of the record.
        files: paths, relative to the folder of the harness, of what other jobs read; they are checked from then on.
    """

    value: Mapping[str, Any] = field(default_factory=dict)
    record: Record | None = None
    predictions: Predictions | None = None
    files: Sequence[str] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    Attributes:
        run: does the work; does it again from where it was killed.
        code: files and folders, relative to the repository, that decide its result.
        seconds: guess of its duration on one thread, from the settings; corrected by what like jobs took.
    """

    run: Callable[[Task], Outcome]
    code: tuple[str, ...]
    seconds: Callable[[Mapping[str, Any]], float]


KINDS: dict[str, Kind] = {}
"""Every kind by its name."""

Run = Callable[[Task], Outcome]


def kind(
    name: str, *, code: tuple[str, ...] = (), seconds: Callable[[Mapping[str, Any]], float] | None = None
) -> Callable[[Run], Run]:
    """Register a function as a kind of job.

    Args:
        name: of the kind.
        code: see :class:`Kind`.
        seconds: see :class:`Kind`; a second by default.

    Raises:
        ValueError: the name is taken.
    """

    def add(run: Run) -> Run:
        if name in KINDS:
            raise ValueError(f'there is a kind of job named {name!r} already')
        KINDS[name] = Kind(run, code, seconds or (lambda settings: 1.0))
        return run

    return add


@functools.lru_cache
def code_version(paths: tuple[str, ...]) -> str:
    """Digest of the Python files at and below some paths of the repository.

    Raises:
        ValueError: a path is not there.
    """
    total = hashlib.sha256()
    for path in sorted(paths):
        root = SHIPPED if path.startswith('configs') else ROOT  # apart in a wheel
        place = root / path
        files = sorted(place.rglob('*.py')) if place.is_dir() else [place]
        if not files or not all(file.is_file() for file in files):
            raise ValueError(f'{path} is no code of this repository')
        for file in files:
            total.update(f'{file.relative_to(root).as_posix()} '.encode() + file.read_bytes())
    return total.hexdigest()


@dataclass(frozen=True, eq=False)
class Job:
    """One piece of work, known by what decides its result.

    Attributes:
        kind: name of the kind.
        settings: JSON.
        needs: jobs whose results it reads, by role.
        label: what people read; has no part in the key.
    """

    kind: str
    settings: Mapping[str, Any]
    needs: Mapping[str, Job] = field(default_factory=dict)
    label: str = ''

    @functools.cached_property
    def key(self) -> str:
        """Digest of kind, settings, needs and code."""
        return digest(
            {
                'kind': self.kind,
                'settings': self.settings,
                'needs': {role: job.key for role, job in self.needs.items()},
                'code': code_version(KINDS[self.kind].code),
            }
        )

    @property
    def seconds(self) -> float:
        """Guess of the duration on one thread."""
        return KINDS[self.kind].seconds(self.settings)

    def __str__(self) -> str:
        return self.label or f'{self.kind} {self.key[:8]}'
