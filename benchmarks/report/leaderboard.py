"""A leaderboard: records by model, in columns by protocol and data set, judged by tests."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.records import Record
from benchmarks.report.cell import Cell, Quoted, Value
from benchmarks.report.columns import Column, assign, labels
from benchmarks.report.notes import notes
from benchmarks.report.ranking import Contest, Verdict, judge
from benchmarks.report.rows import Entrant, Entry, Reader, figures
from benchmarks.report.table import Block, Row, Table

ABOUT = ['model', 'teachers', 'pretraining data', 'voting', 'epoch', 'seeds']
CLEAN = ('none', 'last')
"""Voting and epoch selection of the block that comes first."""

PUBLISHED = 'Published by others, each with its source; how they were measured differs, so they are not ranked'

Figures = dict[Entrant, dict[Column, Entry]]


@dataclass(frozen=True)
class _Block:
    """Measured rows that may be compared."""

    how: tuple[str, str]
    rows: list[Entrant]


def leaderboard(
    records: Iterable[Record],
    *,
    title: str = 'Leaderboard',
    metrics: Sequence[str] = ('oa',),
    lower: Collection[str] = (),
    predictions: Reader | None = None,
    order: str | Sequence[str] = 'given',
    marks: str = 'above',
    published_columns: bool = False,
    digits: int = 1,
    confidence: float = 0.95,
) -> Table:
    """Table of records: mean ± interval over seeds, bold and marks only where a test says so.

    Rows that were measured with other voting or epoch selection stand in a block of their own, columns separate all
    else that makes figures incomparable (protocol and its version, data and its fingerprint, split, points). Published
    records come last, with their source, and take no part in any test.

    Args:
        records: measured and published; older ones of a repeated measurement are left out and counted in a note.
        title: of the table.
        metrics: figures shown, each in columns of its own.
        lower: those of them of which less is better.
        predictions: reads per-object predictions, such as ``Store.predictions``; without them tests cover seeds only.
        order: of the rows: ``given`` as the records come, ``best`` by the first column, or names of models.
        marks: tests beside the bold ones: ``above`` against the row above, ``none``, or the name of a model against
            which all others are tested.
        published_columns: give published figures columns of their own where nothing was measured; else they are left
            out and counted in a note.
        digits: decimals.
        confidence: of intervals and tests.

    Raises:
        ValueError: no record has one of the figures, or ``marks`` names a model that was not measured.
    """
    given = list(records)
    measured = figures((record for record in given if record.source == 'measured'), metrics)
    quoted = figures((record for record in given if record.source == 'published'), metrics)
    if not measured and not quoted:
        raise ValueError(f'{title}: no record has a figure called {" or ".join(metrics)}')
    if marks not in ('above', 'none', *(row.model for row in measured)):
        raise ValueError(f'{title}: marks must be above, none or the name of a measured model, got {marks!r}')
    columns = list(dict.fromkeys(column for row in measured.values() for column in row))
    places = assign(dict.fromkeys(column for row in quoted.values() for column in row), columns)
    if published_columns or not measured:
        columns += [place for place in dict.fromkeys(places.values()) if place not in columns]
    shown, left_out = _within(quoted, columns, places)
    blocks = _blocks(measured, columns, order, lower)
    contests = [
        contest for block in blocks for contest in _contests(block, measured, columns, lower, predictions, marks)
    ]
    verdict = judge(contests, confidence, marks != 'none')
    source = ['source'] if shown else []
    bodies = [[_row(row, measured[row], columns, verdict, confidence, source) for row in b.rows] for b in blocks]
    titled = [
        Block(f'voting: {block.how[0]}, epoch: {block.how[1]}', body)
        for block, body in zip(blocks[1:], bodies[1:], strict=True)
    ]
    if shown:
        titled.append(Block(PUBLISHED, [_quoted_row(row, shown[row], columns, places) for row in shown]))
    names = labels(columns)
    return Table(
        title,
        [*ABOUT, *names, *source],
        bodies[0] if bodies else [],
        notes(measured, dict(zip(columns, names, strict=True)), verdict, marks, confidence, left_out),
        titled,
        digits,
    )


def _within(quoted: Figures, columns: Collection[Column], places: dict[Column, Column]) -> tuple[Figures, int]:
    """Published rows with the figures that have a column, and the number of those that have none."""
    kept = {row: {c: entry for c, entry in own.items() if places[c] in columns} for row, own in quoted.items()}
    lost = sum(len(entry.records) for row, own in quoted.items() for c, entry in own.items() if c not in kept[row])
    return {row: entries for row, entries in kept.items() if entries}, lost


def _blocks(
    measured: Figures, columns: Sequence[Column], order: str | Sequence[str], lower: Collection[str]
) -> list[_Block]:
    """Rows by habit, the clean one first, ordered within."""
    found: dict[tuple[str, str], list[Entrant]] = {}
    for row in measured:
        found.setdefault(row.how, []).append(row)
    habits = sorted(found, key=lambda how: how != CLEAN)
    return [_Block(how, _ordered(found[how], measured, columns, order, lower)) for how in habits]


def _ordered(
    rows: list[Entrant],
    measured: Figures,
    columns: Sequence[Column],
    order: str | Sequence[str],
    lower: Collection[str],
) -> list[Entrant]:
    """Rows of a block in the order asked for; what the order does not name comes last."""
    if order == 'given':
        return rows
    if order == 'best':
        sign = 1.0 if columns[0].metric in lower else -1.0
        return sorted(rows, key=lambda row: _sort_value(measured[row].get(columns[0]), columns[0].metric, sign))
    names = list(order)
    return sorted(rows, key=lambda row: names.index(row.model) if row.model in names else len(names))


def _sort_value(entry: Entry | None, metric: str, sign: float) -> tuple[bool, float]:
    """Mean for sorting; rows without a figure come last."""
    return (True, 0.0) if entry is None else (False, sign * entry.estimate(metric, 0.95).mean)


def _contests(
    block: _Block,
    measured: Figures,
    columns: Sequence[Column],
    lower: Collection[str],
    predictions: Reader | None,
    marks: str,
) -> list[Contest]:
    """The columns of a block."""
    # A baseline that is missing from this block must not turn into the row above.
    named: Hashable = next((row for row in block.rows if row.model == marks), marks)
    baseline = None if marks == 'above' else named
    contests = []
    for column in columns:
        entries = {row: measured[row][column] for row in block.rows if column in measured[row]}
        runs = {row: entry.runs(column.metric, predictions or (lambda _: None)) for row, entry in entries.items()}
        strict = not any(entry.folds for entry in entries.values())
        contests.append(Contest((block.how, column), runs, column.metric in lower, baseline, strict))
    return contests


def _row(
    row: Entrant,
    entries: dict[Column, Entry],
    columns: Sequence[Column],
    verdict: Verdict,
    confidence: float,
    source: list[str],
) -> Row:
    """Cells of a measured row."""
    counts = []
    cells: list[Cell | Value] = []
    for column in columns:
        if column not in entries:
            cells.append(None)
            continue
        estimate = entries[column].estimate(column.metric, confidence)
        counts.append(estimate.count)
        place = (row, (row.how, column))
        cells.append(Cell(estimate, place in verdict.bold, verdict.marks.get(place, '')))
    seeds = str(min(counts)) if min(counts) == max(counts) else f'{min(counts)} to {max(counts)}'
    about = [row.model, row.teachers, row.data, row.voting, row.epochs, seeds]
    return [*about, *cells, *(['measured'] if source else [])]


def _quoted_row(
    row: Entrant, entries: dict[Column, Entry], columns: Sequence[Column], places: dict[Column, Column]
) -> Row:
    """Cells of a published row."""
    shown: dict[Column, list[Quoted]] = {}
    for column, entry in entries.items():
        for record in entry.records:
            figure = Quoted(record.metrics[column.metric], record.metrics.get(f'{column.metric}_std'))
            shown.setdefault(places[column], []).append(figure)
    cells = [_quoted(list(dict.fromkeys(shown.get(column, [])))) for column in columns]
    return [row.model, row.teachers, row.data, row.voting, row.epochs, '', *cells, row.reference]


def _quoted(quotes: list[Quoted]) -> Value:
    """One figure, or all of them where a source has several."""
    if len(quotes) > 1:
        return ' / '.join(quote.text() for quote in quotes)
    return quotes[0] if quotes else None
