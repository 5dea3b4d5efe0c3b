"""Figures of papers and repositories, each with its source; nothing here was measured by this project."""

from __future__ import annotations

import csv
import functools
import math
from collections.abc import Collection
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from benchmarks.published.names import DATASETS, METRICS, PROTOCOLS, Place, protocol_name
from zoo.errors import UsageError

RESULTS = Path(__file__).with_name('results.csv')
SOURCES = Path(__file__).with_name('sources.csv')
COLUMNS = [
    'method',
    'venue',
    'year',
    'dataset',
    'protocol',
    'metric',
    'value',
    'value_std',
    'voting',
    'params_M',
    'flops_G',
    'source',
]
VOTING = ('yes', 'no', 'unknown')
KNOWN: dict[str, Collection[str]] = {
    'dataset': DATASETS,
    'protocol': PROTOCOLS,
    'metric': METRICS,
    'voting': VOTING,
}
NOT_FOUND = 'not found'
NO_VENUE = ('unknown', '-')


@dataclass(frozen=True)
class Published:
    """One published figure.

    Attributes:
        method: as the source calls it.
        venue: where it was published; ``unknown``, or ``-`` for a baseline without a paper.
        year: None where not known.
        dataset: as the literature calls it, a key of ``DATASETS``.
        protocol: as the source describes it, a key of ``PROTOCOLS`` with a remark in parentheses or none.
        metric: a key of ``METRICS``.
        value: in percent; None where the source has the row and the figure could not be found.
        std: standard deviation, of folds for few-shot; None where not stated.
        voting: ``yes``, ``no`` or ``unknown``.
        parameters: in millions; None where not stated.
        flops: in billions, by the source's own count; None where not stated.
        source: who says so; its words are explained in ``sources()``.
    """

    method: str
    venue: str
    year: int | None
    dataset: str
    protocol: str
    metric: str
    value: float | None
    std: float | None
    voting: str
    parameters: float | None
    flops: float | None
    source: str

    @property
    def place(self) -> Place:
        """Data set, variant, points and split, as in records."""
        return DATASETS[self.dataset]

    @property
    def remark(self) -> str:
        """What the source adds to the protocol, such as who ran it; empty where it adds nothing."""
        return self.protocol.partition('(')[2].rstrip(')')


def published(*, found: bool = True, path: Path = RESULTS, **filters: Any) -> list[Published]:
    """Published figures that pass every filter, in the order of the table.

    Args:
        found: leave out rows whose figure could not be found.
        path: of the table.
        filters: fields of ``Published``. A text may be a shell pattern, whatever its case; a collection means any of
            its values. ``dataset``, ``protocol`` and ``metric`` take the literature's names and those of records
            (``finetune``, ``oa``).

    Raises:
        UsageError: a filter that is not known, or a broken table.
    """
    names = [entry.name for entry in fields(Published)]
    unknown = sorted(set(filters) - set(names))
    if unknown:
        raise UsageError(f'published figures have no filter {unknown[0]!r}: choose from {", ".join(names)}')
    rows = [row for row in read(path) if row.value is not None or not found]
    return [row for row in rows if all(_passes(row, name, wanted) for name, wanted in filters.items())]


@functools.cache
def read(path: Path = RESULTS) -> tuple[Published, ...]:
    """Every row of the table.

    Raises:
        UsageError: the table is missing, or a row is not what it should be; the message names the line.
    """
    try:
        with path.open(encoding='utf-8', newline='') as file:
            table = csv.DictReader(file)
            if table.fieldnames != COLUMNS:
                raise ValueError(f'line 1: columns {table.fieldnames}, expected {COLUMNS}')
            return tuple(_row(line, table.line_num) for line in table)
    except (OSError, ValueError, csv.Error) as error:
        raise UsageError(f'published figures {path} cannot be read: {error}; restore the file') from error


@functools.cache
def sources() -> dict[str, str]:
    """What the words of the sources mean."""
    with SOURCES.open(encoding='utf-8', newline='') as file:
        return {line['word']: line['meaning'] for line in csv.DictReader(file)}


def _row(line: dict[str, Any], number: int) -> Published:
    """A checked row."""
    if None in line or None in line.values():
        raise ValueError(f'line {number}: too many or too few cells')
    for name, choices in KNOWN.items():
        told = line[name].partition(' (')[0] if name == 'protocol' else line[name]
        if told not in choices:
            raise ValueError(f'line {number}: {name} {line[name]!r} is not known, add it to names.py')
    empty = [name for name in ('method', 'venue', 'value', 'source') if not line[name].strip()]
    if empty:
        raise ValueError(f'line {number}: no {empty[0]}')
    try:
        value = None if line['value'] == NOT_FOUND else _number(line['value'])
        year = None if line['year'] in NO_VENUE else int(line['year'])
        numbers = {name: _number(line[name]) for name in ('value_std', 'params_M', 'flops_G')}
    except ValueError as error:
        raise ValueError(f'line {number}: {error}') from error
    if value is not None and not 0.0 <= value <= 100.0:
        raise ValueError(f'line {number}: value {value} is no percentage')
    texts = {name: line[name] for name in ('method', 'venue', 'dataset', 'protocol', 'metric', 'voting', 'source')}
    return Published(
        **texts,
        year=year,
        value=value,
        std=numbers['value_std'],
        parameters=numbers['params_M'],
        flops=numbers['flops_G'],
    )


def _number(text: str) -> float | None:
    """A finite number, or None for an empty cell."""
    value = float(text) if text else None
    if value is not None and not math.isfinite(value):
        raise ValueError(f'{text!r} is no number')
    return value


def _passes(row: Published, name: str, wanted: Any) -> bool:
    """Whether a row passes one filter."""
    names = {
        'dataset': row.place.name,
        'protocol': protocol_name(row.protocol),
        'metric': METRICS[row.metric],
    }
    values = {getattr(row, name), names.get(name, getattr(row, name))}
    options = list(wanted) if isinstance(wanted, Collection) and not isinstance(wanted, str) else [wanted]
    return any(_same(value, option) for value in values for option in options)


def _same(value: Any, wanted: Any) -> bool:
    """Equal, or a text that matches a pattern."""
    if isinstance(value, str) and isinstance(wanted, str):
        return value.casefold() == wanted.casefold() or fnmatchcase(value.casefold(), wanted.casefold())
    return value == wanted
