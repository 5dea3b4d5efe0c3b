"""What a table will show: rows, columns, and the job behind every figure."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.records import Plan, PlannedFigure
from benchmarks.records.keys import plain
from benchmarks.suites.job import Job


@dataclass(frozen=True)
class Figure:
    """One repetition of one figure.

    Attributes:
        row: label of the row.
        column: label of the column.
        seed: of the repetition.
        job: that measures it.
        metric: of its record.
    """

    row: str
    column: str
    seed: int
    job: Job
    metric: str = 'oa'


@dataclass
class Sheet:
    """A table before anything is measured.

    Attributes:
        name: of the files.
        title: of the table.
        rows: labels, in order.
        columns: labels, in order.
        figures: what is measured.
        about: further text columns by name, with the text of every row.
        missing: what cannot be measured because data is absent, and how to get it, by title of the data.
        notes: sentences under the table.
        reference: row that the others are compared with; empty for none.
        curve: columns are points of a curve, so that a picture is drawn; a column is placed by the number in it.
        axes: what the picture shows across and upwards.
        better: ``more``, ``less``, or ``none`` where no figure is better than another, so that nothing is tested.
        digits: decimals in the table.
    """

    name: str
    title: str
    rows: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    about: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    reference: str = ''
    curve: bool = False
    axes: tuple[str, str] = ('', '')
    better: str = 'more'
    digits: int = 1

    def add(self, row: str, column: str, seed: int, job: Job, metric: str = 'oa') -> None:
        """Add a figure; its row and column are added where they are new."""
        if row not in self.rows:
            self.rows.append(row)
        if column not in self.columns:
            self.columns.append(column)
        self.figures.append(Figure(row, column, seed, job, metric))

    def plan(self, profile: str, suite: str) -> Plan:
        """The table with keys in the place of jobs, from which it can be made without planning again."""
        figures = [
            PlannedFigure(
                row=entry.row,
                column=entry.column,
                seed=entry.seed,
                metric=entry.metric,
                key=entry.job.key,
                job=str(entry.job),
            )
            for entry in self.figures
        ]
        return Plan(**plain({**vars(self), 'figures': ()}) | {'figures': figures}, profile=profile, suite=suite)
