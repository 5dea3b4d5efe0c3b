"""Tables as comma-separated values: raw numbers for whoever computes on."""

from __future__ import annotations

import csv
import io
import math

from benchmarks.records.statistics import Estimate
from benchmarks.report.cell import Cell, Quoted
from benchmarks.report.table import Table

PARTS = ('low', 'high', 'std', 'n')
"""Columns after that of a mean: ends of its interval, deviation, repetitions."""


def as_csv(table: Table) -> str:
    """Header and rows; ``block`` comes first where there are blocks, notes are left out.

    A column of estimates becomes five, of which the first keeps the name. Where cells are marked or bold there are
    columns ``mark`` and ``best`` too, and text among numbers goes to a column ``note``.
    """
    groups = list(table.groups())
    rows = [row for _, group in groups for row in group]
    columns = [_columns([row[place] for row in rows]) for place in range(len(table.header))]
    titled = any(title for title, _ in groups)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator='\n')
    names = [f'{name} {part}'.rstrip() for name, parts in zip(table.header, columns, strict=True) for part in parts]
    writer.writerow([*(['block'] if titled else []), *names])
    for title, group in groups:
        for row in group:
            cells = [_part(cell, part, parts) for cell, parts in zip(row, columns, strict=True) for part in parts]
            writer.writerow([*([title] if titled else []), *cells])
    return buffer.getvalue()


def _columns(cells: list[Cell]) -> list[str]:
    """Columns that the cells of one column need; the first has no suffix."""
    parts = ['']
    figures = any(isinstance(cell.value, Estimate | Quoted) for cell in cells)
    if figures:
        parts += PARTS
    if any(cell.bold for cell in cells):
        parts.append('best')
    if any(cell.mark for cell in cells):
        parts.append('mark')
    if figures and any(isinstance(cell.value, str) for cell in cells):
        parts.append('note')
    return parts


def _part(cell: Cell, part: str, parts: list[str]) -> str:
    """One column of a cell."""
    value = cell.value
    if part == 'best':
        return 'yes' if cell.bold else ''
    if part == 'mark':
        return cell.mark
    if part == 'note':
        return value if isinstance(value, str) else ''
    if isinstance(value, str):
        return '' if part or 'note' in parts else value
    if part == '':
        return '' if value is None else _number(cell.number if isinstance(value, Estimate | Quoted) else value)
    if isinstance(value, Estimate):
        numbers = {'low': value.low, 'high': value.high, 'std': value.std, 'n': value.count}
        return _number(numbers[part])
    return _number(value.std) if isinstance(value, Quoted) and part == 'std' else ''


def _number(value: float | None) -> str:
    """Shortest text that reads back as the same number; nothing where there is none."""
    if value is None or math.isnan(value):
        return ''
    # The text of numpy's own numbers names their type.
    return repr(value if isinstance(value, int) else float(value))
