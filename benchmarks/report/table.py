"""One table object for every output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from benchmarks.report import as_csv, as_html, as_latex, as_markdown
from benchmarks.report.cell import Cell, Value
from zoo.io import write_whole

Row: TypeAlias = Sequence[Cell | Value]


@dataclass
class Block:
    """Rows that belong together and are judged apart from the others.

    Attributes:
        title: what they have in common.
        rows: as in ``Table``.
    """

    title: str
    rows: Sequence[Row]


@dataclass
class Table:
    """Rows under a header, with the notes a reader needs to judge them.

    Attributes:
        title: first line.
        header: names of the columns.
        rows: cells, or bare texts, numbers, estimates and None.
        notes: protocol and substitutes, one sentence each.
        blocks: further rows under titles of their own.
        digits: decimals of numbers and estimates.
    """

    title: str
    header: list[str]
    rows: Sequence[Row]
    notes: list[str] = field(default_factory=list)
    blocks: Sequence[Block] = ()
    digits: int = 1

    def groups(self) -> Iterator[tuple[str, list[list[Cell]]]]:
        """Title and cells of the rows, without a title, and of every block.

        Raises:
            ValueError: a row has not as many cells as the header.
        """
        blocks = [Block('', self.rows)] if self.rows else []
        for block in [*blocks, *self.blocks]:
            for row in block.rows:
                if len(row) != len(self.header):
                    raise ValueError(f'{self.title}: {len(row)} cells under {len(self.header)} names: {list(row)}')
            yield block.title, [[Cell.of(value) for value in row] for row in block.rows]

    def markdown(self) -> str:
        """The table in GitHub's Markdown."""
        return as_markdown.render(self)

    def csv(self) -> str:
        """Raw numbers, unrounded, one column for every number of a cell."""
        return as_csv.render(self)

    def latex(self) -> str:
        """A float with booktabs' rules."""
        return as_latex.render(self)

    def html(self) -> str:
        """A page of its own that needs no other file."""
        return as_html.page(self.title, [self])

    def save(self, stem: Path) -> list[Path]:
        """Write all four formats.

        Args:
            stem: path without an ending.

        Returns:
            The files, ending in md, csv, tex and html.
        """
        contents = {'md': self.markdown(), 'csv': self.csv(), 'tex': self.latex(), 'html': self.html()}
        paths = [stem.with_name(f'{stem.name}.{ending}') for ending in contents]
        for path, content in zip(paths, contents.values(), strict=True):
            write_whole(path, content.encode())
        return paths
