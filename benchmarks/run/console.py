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
    notes = []
    for table in tables:
        absent = [row[0].text() for title, group in table.groups() if title == ABSENT for row in group]
        how = tuple(f'{name} is not present' for name in absent)
        notes.append([note for note in table.notes if not note.startswith(how)])
    shared = [note for note in notes[0] if all(note in others for others in notes)] if tables[1:] else []
    parts = []
    for table, all_of_it in zip(tables, notes, strict=True):
        first = table.header.index(SEEDS) if SEEDS in table.header else 1
        places = [0, *range(first, len(table.header))]
        header = ['\n'.join(textwrap.wrap(table.header[place], NARROW)) for place in places]
        rows, lost = [], []
        for title, group in table.groups():
            if not title:
                rows += [[_cell(row[place], table.digits) for place in places] for row in group]
            elif title == FAILED:
                lost += [f'{RED}failed: {row[0].text()}: {row[1].text()}{PLAIN}' for row in group]
            elif title == ABSENT:
                names = ', '.join(row[0].text() for row in group)
                lost.append(f'not present: {names} (--plan says how to get it)')
        figures = tabulate(rows, header, tablefmt='simple', disable_numparse=True)
        parts.append('\n'.join([f'{BOLD}{table.title}{PLAIN}', '', figures, *([''] if lost else []), *lost]))
        parts.append(_notes([note for note in all_of_it if note not in shared], width))
    if shared:
        parts.append(f'{BOLD}All tables{PLAIN}\n{_notes(shared, width)}')
    return '\n\n'.join(part for part in parts if part) + '\n'


def _cell(cell: Cell, digits: int) -> str:
    """Bold and mark of a cell."""
    text = f'{cell.text(digits)} {cell.mark}'.rstrip()
    return f'{BOLD}{text}{PLAIN}' if cell.bold else text


def _notes(notes: Sequence[str], width: int) -> str:
    """Notes that stay within the terminal."""
    wrapped = [textwrap.wrap(f'- {note}', max(40, width), subsequent_indent='  ', break_long_words=False,
                             break_on_hyphens=False) for note in notes]  # fmt: skip
    return '\n'.join(line for lines in wrapped for line in lines)
