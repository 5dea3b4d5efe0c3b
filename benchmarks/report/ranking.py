"""Who is best, and who is better than the reference row: decided by tests, corrected for their number."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.records import Comparison, Run, better, holm

Place = tuple[Hashable, Hashable]
"""Row and column of a cell."""

BETTER, WORSE = '↑', '↓'


@dataclass
class Verdict:
    """What the tests say of a table.

    Attributes:
        bold: cells that are better than all others of their column.
        marks: sign of every cell that differs from the one it was tested against.
        tests: number of tests behind the bold figures and behind the marks.
    """

    bold: set[Place] = field(default_factory=set)
    marks: dict[Place, str] = field(default_factory=dict)
    tests: tuple[int, int] = (0, 0)


def judge(columns: Mapping[str, Mapping[str, Sequence[Run]]], baseline: str, confidence: float) -> Verdict:
    """Judge every column; bold figures and marks are two families of tests, each corrected by Holm over the table.

    A bold figure must beat the runner-up and every other row that can be compared at all; its p is the largest of
    these.

    Args:
        columns: repetitions by column and row, in the order of the table, of figures of which more is better.
        baseline: row that the others are tested against; empty for none.
        confidence: confidence of the tests; 0.95 finds with p up to 0.05.
    """
    alpha = 1.0 - confidence
    best: dict[Place, float] = {}
    found: dict[Place, Comparison] = {}
    for column, runs in columns.items():
        means = {row: np.mean([run.value for run in own]) for row, own in runs.items()}
        ranked = sorted(means, key=lambda row: -means[row])
        if len(ranked) > 1:
            first, runner_up, *others = ranked
            # A row far below with a single seed does not take the others' distinction away; a runner-up does.
            rivals = [runner_up, *(row for row in others if len(runs[row]) > 1)]
            tests = [better(runs[first], runs[row]) for row in rivals]
            best[first, column] = max(test.p_value if test.difference > 0 else 1.0 for test in tests)
        if baseline in runs:
            found |= {(row, column): better(own, runs[baseline]) for row, own in runs.items() if row != baseline}
    bold = {place for place, p in zip(best, holm([*best.values()]), strict=True) if p <= alpha}
    signs = {
        place: BETTER if test.difference > 0 else WORSE
        for (place, test), p in zip(found.items(), holm([test.p_value for test in found.values()]), strict=True)
        if p <= alpha and test.difference != 0
    }
    return Verdict(bold, signs, (len(best), len(found)))
