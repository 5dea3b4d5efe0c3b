"""A job: the smallest piece of work that is done once and kept."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.records.keys import digest
from benchmarks.suites.code import code_version
from benchmarks.suites.portable import portable
from benchmarks.user_code import address, load

if TYPE_CHECKING:
    from benchmarks.records import Predictions, Record


@dataclass(frozen=True)
class Task:
    """What the function of a job type gets.

    Attributes:
        key: key of the job.
        settings: settings of the job.
        inputs: what the jobs it needs have returned, by role.
        out: folder of results, shared by all jobs.
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
        value: JSON for the jobs that need it.
        record: record of a measurement.
        predictions: predictions behind the record.
        files: paths, relative to the folder of results, of what other jobs read; they are checked from then on.
    """

    value: Mapping[str, Any] = field(default_factory=dict)
    record: Record | None = None
    predictions: Predictions | None = None
    files: Sequence[str] = ()


@dataclass(frozen=True)
class JobType:
    """What jobs of one sort have in common.

    Attributes:
        run: function that does the work; it goes on from where it was killed.
        code: modules that decide its result, with all that they import, see :mod:`benchmarks.suites.code`.
        seconds: guess of the duration on one thread, from the settings; corrected by what like jobs took.
        version: that of the protocol whose records it makes.
    """

    run: Callable[[Task], Outcome]
    code: tuple[str, ...]
    seconds: Callable[[Mapping[str, Any]], float]
    version: int = 1


class JobTypes(dict[str, JobType]):
    """Job types by name: registered functions, loaded when one is asked for, and protocols."""

    def __missing__(self, name: str) -> JobType:
        """Load what is asked for.

        Raises:
            UsageError: there is nothing of this name.
        """
        # Names made of parts, or the code of each would count as that of all, see benchmarks.suites.code.
        *_, measuring = (
            importlib.import_module(f'{__package__}.{module}') for module in ('training', 'recipes', 'measuring')
        )
        if ':' in name:
            load(name)
        if name not in self:
            self[name] = measuring.measurement(name)
        return self[name]


JOB_TYPES = JobTypes()


def job_type(
    name: str, seconds: Callable[[Mapping[str, Any]], float] = lambda settings: 1.0
) -> Callable[[Callable[[Task], Outcome]], Callable[[Task], Outcome]]:
    """Register a function as a job type.

    Args:
        name: name in jobs and records; ``MODULE:FUNCTION`` for one from elsewhere.
        seconds: see :class:`JobType`.

    Raises:
        ValueError: the name is taken.
    """

    def add(run: Callable[[Task], Outcome]) -> Callable[[Task], Outcome]:
        if name in JOB_TYPES:
            raise ValueError(f'there is a job type named {name!r} already')
        JOB_TYPES[name] = JobType(run, (address(run).rpartition(':')[0],), seconds)
        return run

    return add


@dataclass(frozen=True, eq=False)
class Job:
    """One piece of work, known by what decides its result.

    Attributes:
        type: name of the job type.
        settings: JSON.
        needs: jobs whose results it reads, by role.
        label: what people read; has no part in the key.
    """

    type: str
    settings: Mapping[str, Any]
    needs: Mapping[str, Job] = field(default_factory=dict)
    label: str = ''

    @functools.cached_property
    def key(self) -> str:
        """Digest of type, settings, needs and code."""
        needs = {role: job.key for role, job in self.needs.items()}
        code = code_version(*JOB_TYPES[self.type].code)
        return digest({'type': self.type, 'settings': self.settings, 'needs': needs, 'code': code})

    @functools.cached_property
    def identity(self) -> str:
        """Digest of all that a key is made of but the code."""
        return identity(self.type, self.settings, {role: job.identity for role, job in self.needs.items()})

    @property
    def seconds(self) -> float:
        """Guess of the duration on one thread."""
        return JOB_TYPES[self.type].seconds(self.settings)

    @property
    def like(self) -> str:
        """What jobs of about the same speed have in common."""
        return f'{self.type} {self.settings.get("student", "")}'

    def __str__(self) -> str:
        return self.label or f'{self.type} {self.key[:8]}'


def identity(job_type: str, settings: Mapping[str, Any], needs: Mapping[str, str]) -> str:
    """Digest of what a job does, whatever the code, and wherever the packs lie.

    Args:
        job_type: its type.
        settings: its settings.
        needs: identities of the jobs that it needs, by role.
    """
    return digest({'type': job_type, 'settings': portable(settings, strict=False), 'needs': needs})


def in_order(wanted: Sequence[Job], done: Callable[[str], bool] = lambda key: False) -> list[Job]:
    """Jobs that have to run, each once and after what it needs; what only finished jobs need is left out.

    Args:
        wanted: jobs whose results are asked for.
        done: whether the job of a key is finished.
    """
    found: dict[str, Job] = {}
    skip = functools.cache(done)  # it reads files

    def visit(job: Job) -> None:
        if job.key not in found and not skip(job.key):
            for need in job.needs.values():
                visit(need)
            found[job.key] = job

    for job in wanted:
        visit(job)
    return list(found.values())
