"""Tables as a person reads them on a terminal; files and pipes get Markdown instead."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from tabulate import tabulate

from benchmarks.report import Cell, Table
from benchmarks.run.tables import ABSENT, FAILED, SEEDS

BOLD, RED, PLAIN = '\033[1m', '\033[31m', '\033[0m'
NARROW = 12
"""Width of the name of a column, which goes on in the next line."""


def terminal_text(tables: Sequence[Table], width: int) -> str:
    """Tables under each other; what their notes share comes once, at the end.

    Columns that describe the rows, published rows, and how to get absent data are left to the files and the plan.

    Args:
        tables: in order.
        width: of the terminal, for the notes.
    """
    notes = [_short(table) for table in tables]
    shared = [note for note in notes[0] if all(note in others for others in notes)] if tables[1:] else []
    parts = []
    for table, all_of_it in zip(tables, notes, strict=True):
        own = [note for note in all_of_it if note not in shared]
        parts.append('\n'.join([f'{BOLD}{table.title}{PLAIN}', '', _figures(table), *_failures(table)]))
        parts.append(_notes(own, width))
    if shared:
        parts.append(f'{BOLD}All tables{PLAIN}\n{_notes(shared, width)}')
    return '\n\n'.join(part for part in parts if part) + '\n'


def _short(table: Table) -> list[str]:
    """Notes without those that say how to get what is not there."""
    absent = [row[0].text() for title, group in table.groups() if title == ABSENT for row in group]
    return [note for note in table.notes if not any(note.startswith(f'{name} is not present') for name in absent)]


def _figures(table: Table) -> str:
    """The rows that were measured: names, seeds, figures."""
    first = table.header.index(SEEDS) if SEEDS in table.header else 1
    places = [0, *range(first, len(table.header))]
    header = ['\n'.join(textwrap.wrap(table.header[place], NARROW)) for place in places]
    rows = [[_cell(row[place], table.digits) for place in places] for title, group in table.groups() if not title
            for row in group]  # fmt: skip
    return tabulate(rows, header, tablefmt='simple', disable_numparse=True)


def _cell(cell: Cell, digits: int) -> str:
    """Bold and mark of a cell."""
    text = f'{cell.text(digits)} {cell.mark}'.rstrip()
    return f'{BOLD}{text}{PLAIN}' if cell.bold else text


def _failures(table: Table) -> list[str]:
    """What failed, in red, and which data is not there."""
    lines = []
    for title, group in table.groups():
        if title == FAILED:
            lines += [f'{RED}failed: {row[0].text()}: {row[1].text()}{PLAIN}' for row in group]
        if title == ABSENT:
            lines.append(f'not present: {", ".join(row[0].text() for row in group)} (--plan says how to get it)')
    return ['', *lines] if lines else []


def _notes(notes: Sequence[str], width: int) -> str:
    """Notes that stay within the terminal."""
    wrapped = [textwrap.wrap(f'- {note}', max(40, width), subsequent_indent='  ', break_long_words=False,
                             break_on_hyphens=False) for note in notes]  # fmt: skip
    return '\n'.join(line for lines in wrapped for line in lines)
