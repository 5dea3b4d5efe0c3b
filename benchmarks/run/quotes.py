"""Published figures beside measured ones of the same protocol and data, in a block of their own."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from benchmarks.published import Published, published
from benchmarks.report import Block, Quoted
from benchmarks.report.cell import Value

TITLE = 'Published by others, each with its source; how they were measured differs, so they are not ranked'


def published_block(measured: pd.DataFrame, columns: Sequence[str], texts: int) -> Block | None:
    """Published rows that have a column here; None where there are none.

    Args:
        measured: records by column of the table and metric that it shows, as :class:`benchmarks.run.tables.TableData`
            has them.
        columns: labels, in order.
        texts: number of text columns between the name of a row and its figures.
    """
    rows: dict[tuple[str, str, str], dict[str, list[Quoted]]] = {}
    examples = measured.drop_duplicates('column').set_index('column')
    for column in (name for name in columns if name in examples.index):
        record = examples.loc[column].to_dict()
        for entry in published():
            if entry.value is not None and _same(entry, record):
                row = rows.setdefault((_name(entry), entry.source, entry.voting), {})
                row.setdefault(column, []).append(Quoted(entry.value, entry.std))
    if not rows:
        return None
    return Block(TITLE, [_row(place, found, columns, texts) for place, found in rows.items()])


def _same(entry: Published, record: Mapping[Hashable, Any]) -> bool:
    """Whether a published figure is of the metric, protocol, data set, variant, split and points of a record."""
    place = entry.place
    return (
        (entry.metric, entry.protocol) == (record['metric'], record['protocol.name'])
        and all(getattr(place, name) == record[f'dataset.{name}'] for name in ('name', 'split', 'variant'))
        and place.points in (None, record['protocol.points'])
    )


def _name(entry: Published) -> str:
    """Method, venue, year, and what the source adds."""
    remarks = [str(part) for part in (entry.venue, entry.year, entry.remark) if part and part not in ('unknown', '-')]
    return f'{entry.method} ({", ".join(remarks)})' if remarks else entry.method


def _row(
    place: tuple[str, str, str], found: Mapping[str, Sequence[Quoted]], columns: Sequence[str], texts: int
) -> list[Value]:
    """Name, source with voting, figures; several of one source stand side by side."""
    name, source, voting = place
    about = [f'{source}; voting: {voting}', *[''] * (texts - 1)]
    cells: list[Value] = []
    for column in columns:
        quotes = list(dict.fromkeys(found.get(column, ())))
        cells.append(quotes[0] if len(quotes) == 1 else ' / '.join(quote.text() for quote in quotes) or None)
    return [name, *about, *cells]
