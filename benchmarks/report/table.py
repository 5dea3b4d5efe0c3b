"""One table object for every format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from benchmarks.report.cell import Cell, Value

Row: TypeAlias = Sequence[Cell | Value]


@dataclass
class Table:
    """Rows under a header, with the notes a reader needs to judge them.

    Attributes:
        title: first line.
        header: names of the columns.
        rows: cells, or bare texts, numbers, estimates and None.
        notes: protocol and substitutes, one sentence each.
        blocks: further rows by what they have in common; they are judged apart.
        digits: decimals of numbers and estimates.
    """

    title: str
    header: list[str]
    rows: Sequence[Row]
    notes: list[str] = field(default_factory=list)
    blocks: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    digits: int = 1

    def groups(self) -> Iterator[tuple[str, list[list[Cell]]]]:
        """Title and cells of the rows, without a title, and of every block.

        Raises:
            ValueError: a row has not as many cells as the header.
        """
        for title, rows in {**({'': self.rows} if self.rows else {}), **self.blocks}.items():
            for row in rows:
                if len(row) != len(self.header):
                    raise ValueError(f'{self.title}: {len(row)} cells under {len(self.header)} names: {list(row)}')
            yield title, [[Cell.of(value) for value in row] for row in rows]
