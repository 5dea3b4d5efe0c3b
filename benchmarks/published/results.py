"""Figures of papers and repositories, each with its source; nothing here was measured by this project."""

from __future__ import annotations

import csv
import functools
import math
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from benchmarks.published.names import DATASETS, METRICS, PROTOCOLS, Place
from zoo.errors import UsageError

RESULTS = Path(__file__).with_name('results.csv')
"""Its sources are explained in ``sources.csv`` beside it."""

COLUMNS = ['method', 'venue', 'year', 'dataset', 'protocol', 'metric', 'value', 'value_std', 'voting']
COLUMNS += ['params_M', 'flops_G', 'source']
VOTING = ('yes', 'no', 'unknown')
KNOWN: dict[str, Collection[str]] = {
    'dataset': DATASETS,
    'protocol': PROTOCOLS,
    'metric': METRICS,
    'voting': VOTING,
}
NOT_FOUND = 'not found'
NO_YEAR = ('unknown', '-')


@dataclass(frozen=True)
class Published:
    """One published figure.

    Attributes:
        method: name of the method, as in the source.
        venue: place of publication; ``unknown``, or ``-`` for a baseline without a paper.
        year: year of publication; None where not known.
        dataset: data set as the literature calls it, a key of ``DATASETS``.
        protocol: name of the protocol in records.
        remark: words that the source adds to the protocol, such as who ran it; empty where it adds nothing.
        metric: name of the metric in records.
        value: figure in percent; None where the source has the row and the figure could not be found.
        std: standard deviation, of folds for few-shot; None where not stated.
        voting: ``yes``, ``no`` or ``unknown``.
        source: paper, table or repository that says so.
    """

    method: str
    venue: str
    year: int | None
    dataset: str
    protocol: str
    remark: str
    metric: str
    value: float | None
    std: float | None
    voting: str
    source: str

    @property
    def place(self) -> Place:
        """Data set, variant, points and split, as in records."""
        return DATASETS[self.dataset]


@functools.cache
def published(path: Path = RESULTS) -> tuple[Published, ...]:
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


def _row(line: dict[str, str], number: int) -> Published:
    """A checked row."""
    try:
        if None in line or None in line.values():
            raise ValueError('too many or too few cells')
        protocol, _, remark = line['protocol'].partition(' (')
        for name, choices in KNOWN.items():
            if (protocol if name == 'protocol' else line[name]) not in choices:
                raise ValueError(f'{name} {line[name]!r} is not known, add it to names.py')
        empty = [name for name in ('method', 'venue', 'value', 'source') if not line[name].strip()]
        if empty:
            raise ValueError(f'no {empty[0]}')
        value = None if line['value'] == NOT_FOUND else float(line['value'])
        if value is not None and not 0.0 <= value <= 100.0:
            raise ValueError(f'value {value} is no percentage')
        std = float(line['value_std']) if line['value_std'] else None
        if std is not None and not math.isfinite(std):
            raise ValueError(f'value_std {std} is no number')
        return Published(
            **{name: line[name] for name in ('method', 'venue', 'dataset', 'voting', 'source')},
            year=None if line['year'] in NO_YEAR else int(line['year']),
            protocol=PROTOCOLS[protocol],
            remark=remark.rstrip(')'),
            metric=METRICS[line['metric']],
            value=value,
            std=std,
        )
    except ValueError as error:
        raise ValueError(f'line {number}: {error}') from error
