"""Tables of the page: those that a results file plans, with their curves and what its records say behind every cell."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.records import Estimate, Plan
from benchmarks.report import Cell, Table
from benchmarks.run.curve import draw
from benchmarks.run.harness import FIRST
from benchmarks.run.quotes import TITLE as PUBLISHED
from benchmarks.run.results import Results
from benchmarks.run.tables import FAILED, SEEDS, table_of
from benchmarks.suites.catalog import all_suites

GROUPS = {'suite': 'Leaderboards', 'study': 'Studies and curves', 'table': 'Ablations and tables'}
"""Headings of the navigation, by group of a suite."""


@dataclass(frozen=True)
class View:
    """One table of the page.

    Attributes:
        anchor: where it is on the page.
        plan: what it shows.
        table: the table.
        rows: cells of what was measured, then of what others published.
        published: number of the rows that others published.
        failed: jobs that failed, and why.
        first: place of the first column of figures.
        seen: keys of records whose pretraining saw objects that they are measured on.
        picture: the curve as an address that holds it; empty where the columns are no points of one.
    """

    anchor: str
    plan: Plan
    table: Table
    rows: list[list[Cell]]
    published: int
    failed: dict[str, str]
    first: int
    seen: frozenset[str]
    picture: str

    @property
    def order(self) -> list[int]:
        """Places of the columns: the name, figures, then what describes the rows, which is long."""
        return [0, *range(self.first, len(self.table.header)), *range(1, self.first)]

    def bar(self, cell: Cell, place: int) -> str:
        """Where mean and interval of a cell lie between the ends of its column, as a style; empty where it has none."""
        ends = [end for row in self.rows for end in _ends(row[place])]
        if not isinstance(cell.value, Estimate) or not ends or min(ends) == max(ends):
            return ''
        share = (np.array([*_ends(cell), cell.value.mean]) - min(ends)) / (max(ends) - min(ends))
        low, high, mean = 100 * share
        return f'--low:{low:.1f}%;--high:{high:.1f}%;--mean:{mean:.1f}%'


def views(results: Results) -> dict[str, list[View]]:
    """Every table that was ever asked for by its heading, those of one profile together, leaderboards first."""
    suites = all_suites()
    order, groups = [FIRST, *suites], list(GROUPS)

    def place(plan: Plan) -> tuple[str, int, int, str]:
        known = plan.suite in suites
        group = suites[plan.suite].group if known else 'suite'
        return plan.profile, groups.index(group), order.index(plan.suite) if known else len(order), plan.name

    found: dict[str, list[View]] = {}
    for plan in sorted(results.store.plans.values(), key=place):
        table = table_of(plan, results)
        blocks = dict(table.groups())
        measured, published = blocks.get('', []), blocks.get(PUBLISHED, [])
        records = {key: results.store.results[key].record for row in measured for cell in row for key in cell.records}
        picture = ''
        if plan.curve:
            with TemporaryDirectory() as folder:
                path = Path(folder) / 'curve.svg'
                draw(plan, results, path)
                if path.is_file():
                    # By its own address, so that the page needs no other file.
                    picture = f'data:image/svg+xml;base64,{base64.b64encode(path.read_bytes()).decode()}'
        view = View(
            anchor=re.sub(r'\W', '-', f'{plan.profile}-{plan.name}'),
            plan=plan,
            table=table,
            rows=[*measured, *published],
            published=len(published),
            failed={row[0].text(): row[1].text() for row in blocks.get(FAILED, [])},
            first=table.header.index(SEEDS) + 1,
            seen=frozenset(key for key, record in records.items() if record and record.dataset.seen_objects),
            picture=picture,
        )
        found.setdefault(GROUPS[groups[place(plan)[1]]], []).append(view)
    return found


def _ends(cell: Cell) -> Sequence[float]:
    """Ends of the interval of an estimate, twice its mean where there is none; nothing of anything else."""
    value = cell.value
    if not isinstance(value, Estimate):
        return ()
    return (value.mean, value.mean) if np.isnan(value.half_width) else (value.low, value.high)
