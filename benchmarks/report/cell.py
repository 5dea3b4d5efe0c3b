"""What a table can hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from benchmarks.records.statistics import Estimate

MISSING = '–'


@dataclass(frozen=True)
class Quoted:
    """A figure as somebody else printed it; its digits are kept, no interval is known.

    Attributes:
        value: the figure.
        std: standard deviation that was printed with it.
    """

    value: float
    std: float | None = None

    def text(self) -> str:
        """The figure, with its deviation marked as one."""
        return f'{self.value}' if self.std is None else f'{self.value} (std {self.std})'


Value: TypeAlias = str | int | float | Estimate | Quoted | None


@dataclass(frozen=True)
class Cell:
    """A value with what a test says of it.

    Attributes:
        value: text, number, estimate, quoted figure, or None where there is nothing.
        bold: a test says that it is the best.
        mark: sign after the value, explained in a note of the table.
        records: keys of the records behind the value.
    """

    value: Value
    bold: bool = False
    mark: str = ''
    records: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Cell | Value) -> Cell:
        """A cell from a cell or a bare value."""
        return given if isinstance(given, Cell) else cls(given.item() if isinstance(given, np.generic) else given)

    def text(self, digits: int = 1) -> str:
        """The value as a reader sees it, without bold and mark.

        Args:
            digits: decimals of numbers and estimates.
        """
        value = self.value
        if value is None:
            return MISSING
        if isinstance(value, Estimate):
            return value.text(digits)
        if isinstance(value, Quoted):
            return value.text()
        return f'{value:.{digits}f}' if isinstance(value, float) else str(value)

    @property
    def number(self) -> float | None:
        """The number behind the value; None for text and for nothing."""
        value = self.value
        if isinstance(value, Estimate):
            return value.mean
        if isinstance(value, Quoted):
            return value.value
        return float(value) if isinstance(value, int | float) else None
