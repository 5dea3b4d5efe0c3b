"""Rows of a leaderboard: a model, what it learnt from, and the habits its figures were measured with."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.records import Estimate, Predictions, Record, Run, mean_interval, run_of
from benchmarks.report.columns import Column

NOT_STATED = 'not stated'
Reader = Callable[[Record], Predictions | None]


@dataclass(frozen=True)
class Entrant:
    """What tells rows apart.

    Attributes:
        model: its name.
        teachers: of the pretraining.
        data: of the pretraining, with the share used where it was not all.
        voting: of the measurement.
        epochs: which epoch counts.
        reference: source of a published figure; empty for measured ones.
    """

    model: str
    teachers: str
    data: str
    voting: str
    epochs: str
    reference: str = ''

    @classmethod
    def of(cls, record: Record) -> Entrant:
        """The row of a record."""
        pretraining, protocol = record.pretraining, record.protocol
        none = NOT_STATED if record.source == 'published' or pretraining else 'none'
        share = '' if pretraining.fraction in (None, 1.0) else f' ({100 * (pretraining.fraction or 0):g} %)'
        name = record.model
        if record.source == 'published':
            remarks = [str(protocol[key]) for key in ('venue', 'year', 'remark') if key in protocol]
            name = f'{name} ({", ".join(remarks)})' if remarks else name
        return cls(
            name,
            pretraining.teachers or none,
            (pretraining.data or none) + share,
            protocol.voting or NOT_STATED,
            protocol.epoch_selection or NOT_STATED,
            record.reference if record.source == 'published' else '',
        )

    @property
    def how(self) -> tuple[str, str]:
        """Habits that must agree before two rows are compared."""
        return self.voting, self.epochs


@dataclass
class Entry:
    """The figures of one row in one column.

    Attributes:
        records: all that there are.
    """

    records: list[Record] = field(default_factory=list)

    def current(self) -> list[Record]:
        """The newest record of every repetition."""
        newest: dict[Hashable, Record] = {}
        for record in sorted(self.records, key=lambda entry: (entry.date, entry.key), reverse=True):
            newest.setdefault(_repetition(record), record)
        return sorted(newest.values(), key=lambda entry: str(_repetition(entry)))

    def runs(self, metric: str, reader: Reader) -> list[Run]:
        """Independent repetitions; what shares a pretraining run or a seed is averaged before.

        Args:
            metric: name of the figure.
            reader: per-object predictions of a record.
        """
        groups: dict[Hashable, list[Run]] = {}
        level = self._level()
        for record in self.current():
            groups.setdefault(_unit(record, level), []).append(run_of(record, reader(record), metric))
        return [_averaged(unit, runs) for unit, runs in groups.items()]

    def estimate(self, metric: str, confidence: float) -> Estimate:
        """Mean and t-interval over independent repetitions."""
        values = [run.value for run in self.runs(metric, lambda _: None)]
        return mean_interval(values, confidence, 'fold' if self._level() == 'fold' else 'seed')

    @property
    def folds(self) -> bool:
        """Whether the repetitions are folds of one seed."""
        return self._level() == 'fold'

    def _level(self) -> str:
        """The outermost thing that was repeated: pretraining, downstream seed, or fold."""
        if len({record.pretraining.seed for record in self.records}) > 1:
            return 'pretraining'
        if len({record.seed for record in self.records}) > 1 or not any('fold' in r.protocol for r in self.records):
            return 'seed'
        return 'fold'


def figures(records: Iterable[Record], metrics: Sequence[str]) -> dict[Entrant, dict[Column, Entry]]:
    """Records by row and column, in the order in which they come.

    Args:
        records: of one source.
        metrics: names of the figures wanted; a record without one has no place in its column.
    """
    table: dict[Entrant, dict[Column, Entry]] = {}
    for record in records:
        for metric in metrics:
            if metric in record.metrics:
                row = table.setdefault(Entrant.of(record), {})
                row.setdefault(Column.of(record, metric), Entry()).records.append(record)
    return table


def _repetition(record: Record) -> Hashable:
    """What two records of one row and column must differ in."""
    return record.pretraining.seed, record.seed, record.protocol.get('fold')


def _unit(record: Record, level: str) -> Hashable:
    """The independent repetition that a record belongs to; a fold is never paired with a seed of its number."""
    if level == 'fold':
        return 'fold', record.protocol.get('fold')
    return 'seed', record.pretraining.seed if level == 'pretraining' else record.seed


def _averaged(unit: Hashable, runs: list[Run]) -> Run:
    """One repetition from its parts."""
    if len(runs) == 1:
        return Run(unit, runs[0].value, runs[0].score, runs[0].objects)
    value = float(np.mean([run.value for run in runs]))
    scores = [run.score for run in runs if run.score is not None]
    fingerprint = runs[0].objects.split(' ')[0]
    if len(scores) < len(runs):
        return Run(unit, value, objects=fingerprint)
    # Every part weighs the same, whatever its number of objects.
    total = sum(score.size for score in scores)
    weighted = [score * (total / (len(scores) * score.size)) for score in scores]
    return Run(unit, value, np.concatenate(weighted), f'{fingerprint} {"+".join(run.objects for run in runs)}')
