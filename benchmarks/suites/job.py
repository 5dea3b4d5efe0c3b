"""A job: the smallest piece of work that is done once and kept."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.records.keys import digest
from benchmarks.suites.code import ROOT, code_version
from benchmarks.user_code import address

if TYPE_CHECKING:
    from benchmarks.records import Predictions, Record

__all__ = ['KINDS', 'ROOT', 'Job', 'Kind', 'Outcome', 'Task', 'kind']


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
        code: modules that decide its result, with all that they import, see :mod:`benchmarks.suites.code`.
        seconds: guess of its duration on one thread, from the settings; corrected by what like jobs took.
    """

    run: Callable[[Task], Outcome]
    code: tuple[str, ...]
    seconds: Callable[[Mapping[str, Any]], float]


class Kinds(dict[str, Kind]):
    """Kinds of jobs by name; what is not there is looked for among the protocols."""

    find: Callable[[str], Kind] | None = None

    def __missing__(self, name: str) -> Kind:
        """Ask for a protocol of that name."""
        if self.find is None:
            raise KeyError(name)
        self[name] = found = self.find(name)
        return found


KINDS = Kinds()
"""Every kind by its name."""

Run = Callable[[Task], Outcome]


def kind(name: str, *, seconds: Callable[[Mapping[str, Any]], float] | None = None) -> Callable[[Run], Run]:
    """Register a function as a kind of job; measurements are no functions but protocols.

    Args:
        name: name of the kind.
        seconds: see :class:`Kind`; a second by default.

    Raises:
        ValueError: the name is taken.
    """

    def add(run: Run) -> Run:
        if name in KINDS:
            raise ValueError(f'there is a kind of job named {name!r} already')
        module = address(run).rpartition(':')[0]
        KINDS[name] = Kind(run, (module,), seconds or (lambda settings: 1.0))
        return run

    return add


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
                'code': code_version(*KINDS[self.kind].code),
            }
        )

    @property
    def seconds(self) -> float:
        """Guess of the duration on one thread."""
        return KINDS[self.kind].seconds(self.settings)

    def __str__(self) -> str:
        return self.label or f'{self.kind} {self.key[:8]}'
