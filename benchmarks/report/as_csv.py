"""Tables as comma-separated values: raw numbers for whoever computes on."""

from __future__ import annotations

import csv
import io
import math

from benchmarks.records.statistics import Estimate
from benchmarks.report.cell import Quoted
from benchmarks.report.table import Table


def as_csv(table: Table) -> str:
    """Header and rows; ``block`` comes first where there are blocks, notes are left out.

    A column of estimates becomes five, of which the first keeps the name; the others are the ends of its interval, its
    deviation, and its repetitions. Where cells are marked or bold there are columns ``mark`` and ``best`` too, and text
    among numbers goes to a column ``note``.
    """
    groups = list(table.groups())
    columns: list[list[str]] = []
    if any(title for title, _ in groups):
        columns.append(['block', *(title for title, rows in groups for _ in rows)])
    for name, *cells in zip(table.header, *(row for _, rows in groups for row in rows), strict=True):
        figures = [cell.value if isinstance(cell.value, Estimate | Quoted) else None for cell in cells]
        texts = [cell.value if isinstance(cell.value, str) else '' for cell in cells]
        # The number of an estimate, and integers as they are.
        numbers = [_number(cell.value if isinstance(cell.value, int) else cell.number) for cell in cells]
        parts = {'': numbers}
        if any(figures):
            for part, attribute in (('low', 'low'), ('high', 'high'), ('std', 'std'), ('n', 'count')):
                parts[part] = [_number(getattr(figure, attribute, None)) for figure in figures]
        else:
            parts[''] = [text or number for text, number in zip(texts, numbers, strict=True)]
        if any(cell.bold for cell in cells):
            parts['best'] = ['yes' if cell.bold else '' for cell in cells]
        if any(cell.mark for cell in cells):
            parts['mark'] = [cell.mark for cell in cells]
        if any(figures) and any(isinstance(cell.value, str) for cell in cells):
            parts['note'] = texts
        columns += [[f'{name} {part}'.rstrip(), *entries] for part, entries in parts.items()]
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator='\n').writerows(zip(*columns, strict=True))
    return buffer.getvalue()


def _number(value: float | None) -> str:
    """Shortest text that reads back as the same number; nothing where there is none."""
    if value is None or math.isnan(value):
        return ''
    # The text of numpy's own numbers names their type.
    return repr(value if isinstance(value, int) else float(value))
