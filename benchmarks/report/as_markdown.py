"""Tables in GitHub's Markdown."""

from __future__ import annotations

from tabulate import tabulate

from benchmarks.report.cell import Cell
from benchmarks.report.table import Table


def as_markdown(table: Table) -> str:
    """Title, table and notes; the title of a block is a row of its own."""
    rows = []
    for title, group in table.groups():
        if title:
            rows.append([f'*{_line(title)}*', *[''] * (len(table.header) - 1)])
        rows += [[_cell(cell, table.digits) for cell in row] for row in group]
    header = [_line(name) for name in table.header]
    body = tabulate(rows, header, tablefmt='github', disable_numparse=True)
    return '\n'.join([f'**{table.title}**', '', body, '', *(f'- {note}' for note in table.notes), ''])


def _cell(cell: Cell, digits: int) -> str:
    """Bold and mark of a cell."""
    text = _line(cell.text(digits))
    return f'**{text}** {cell.mark}'.rstrip() if cell.bold else f'{text} {cell.mark}'.rstrip()


def _line(text: str) -> str:
    """Text that stays in its cell: neither a line break nor a bar ends it, and ``<`` opens no tag.

    Other Markdown is left alone, as tables may hold links and code.
    """
    return ' '.join(text.replace('\\|', '|').replace('|', '\\|').replace('<', '&lt;').split())
