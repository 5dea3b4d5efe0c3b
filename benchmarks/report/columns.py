"""Columns of a leaderboard: one for every way of measuring, so that nothing else is ever compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields

from benchmarks.records import Record


@dataclass(frozen=True)
class Column:
    """What all figures of a column share.

    Attributes:
        protocol: name of the protocol.
        dataset: name of the data set.
        variant: of the data set.
        metric: name of the figure.
        split: measured.
        points: per cloud; 0 where not stated.
        version: of the protocol; 0 where not stated.
        fingerprint: of the measured data.
    """

    protocol: str
    dataset: str
    variant: str
    metric: str
    split: str
    points: int
    version: int
    fingerprint: str

    @classmethod
    def of(cls, record: Record, metric: str) -> Column:
        """The column of a record's figure."""
        data, protocol = record.dataset, record.protocol
        published = record.source == 'published'
        return cls(
            protocol.name,
            data.name,
            data.variant,
            metric,
            data.split,
            protocol.points or 0,
            0 if published else protocol.version,
            data.fingerprint,
        )

    def may_be(self, other: Column) -> bool:
        """Whether a published column means this one: what both state agrees."""
        if self.protocol != other.protocol or self.metric != other.metric:
            return False
        if (self.dataset.casefold(), self.variant.casefold()) != (other.dataset.casefold(), other.variant.casefold()):
            return False
        return all(not a or not b or a == b for a, b in ((self.split, other.split), (self.points, other.points)))


def labels(columns: Sequence[Column]) -> list[str]:
    """Names of the columns: protocol, data set, variant and metric, and whatever else tells them apart."""
    base = [(column.protocol, column.dataset, column.variant, column.metric) for column in columns]
    names = [[f'{p}, {" ".join(filter(None, (d, v)))}', f'{_metric(m)}'] for p, d, v, m in base]
    for entry in fields(Column)[4:]:
        for place, column in enumerate(columns):
            twins = [astuple(other) for other, key in zip(columns, base, strict=True) if key == base[place]]
            position = [f.name for f in fields(Column)].index(entry.name)
            if len({twin[position] for twin in twins}) > 1 and astuple(column)[position]:
                names[place].append(_word(entry.name, astuple(column)[position]))
    return [', '.join(words) for words in names]


def assign(published: Iterable[Column], measured: Sequence[Column]) -> dict[Column, Column]:
    """Where published columns are shown: under the one measured column they may mean, else on their own."""
    places = {}
    for column in published:
        candidates = [other for other in measured if column.may_be(other)]
        places[column] = candidates[0] if len(candidates) == 1 else column
    return places


def _metric(name: str) -> str:
    """Reading of a metric's name."""
    return {'oa': 'OA %', 'macc': 'mAcc %'}.get(name, name)


def _word(name: str, value: str | int) -> str:
    """Reading of a setting."""
    if name == 'points':
        return f'{value} points'
    if name == 'version':
        return f'v{value}'
    return f'data {str(value)[:8]}' if name == 'fingerprint' else str(value)
