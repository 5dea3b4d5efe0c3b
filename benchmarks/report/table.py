"""One table object for every output."""

from __future__ import annotations

from dataclasses import dataclass, field

from tabulate import tabulate


@dataclass
class Table:
    """Rows under a header, with the notes a reader needs to judge them.

    Attributes:
        title: first line.
        header: names of the columns.
        rows: cells as text.
        notes: protocol and substitutes, one sentence each.
    """

    title: str
    header: list[str]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)

    def markdown(self) -> str:
        """The table in GitHub's Markdown."""
        body = tabulate(self.rows, self.header, tablefmt='github', disable_numparse=True)
        return '\n'.join([f'**{self.title}**', '', body, '', *(f'- {note}' for note in self.notes), ''])
