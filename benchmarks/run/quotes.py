"""Published figures beside measured ones of the same protocol and data, in a block of their own."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from benchmarks.published import published
from benchmarks.report import Quoted
from benchmarks.report.cell import Value

TITLE = 'Published by others, each with its source; how they were measured differs, so they are not ranked'


def published_rows(measured: pd.DataFrame, columns: Sequence[str], texts: int) -> list[list[Value]]:
    """Published rows that have a column here: name, source with voting, figures; several of one source side by side.

    A figure belongs to a column of its metric, protocol, data set, variant, split and points.

    Args:
        measured: records by column of the table and metric that it shows, as :class:`benchmarks.run.tables.TableData`
            has them.
        columns: labels, in order.
        texts: number of text columns between the name of a row and its figures.
    """
    examples = measured.drop_duplicates('column').set_index('column').to_dict('index')
    rows: dict[tuple[str, str], dict[str, dict[Quoted, None]]] = {}
    for column in columns:
        record = examples.get(column, {})
        for entry in published() if record else ():
            place = entry.place
            ours = [record[name] for name in ('metric', 'protocol.name')]
            ours += [record[f'dataset.{name}'] for name in ('name', 'split', 'variant')]
            if (
                entry.value is None
                or [entry.metric, entry.protocol, place.name, place.split, place.variant] != ours
                or place.points not in (None, record['protocol.points'])
            ):
                continue
            remarks = [
                part for part in (entry.venue, entry.year, entry.remark) if part and part not in ('unknown', '-')
            ]
            name = f'{entry.method} ({", ".join(map(str, remarks))})' if remarks else entry.method
            row = rows.setdefault((name, f'{entry.source}; voting: {entry.voting}'), {})
            row.setdefault(column, {})[Quoted(entry.value, entry.std)] = None
    made = []
    for (name, source), found in rows.items():
        cells: list[Value] = []
        for column in columns:
            quotes = [*found.get(column, ())]
            cells.append(quotes[0] if len(quotes) == 1 else ' / '.join(quote.text() for quote in quotes) or None)
        made.append([name, source, *[''] * (texts - 1), *cells])
    return made
