"""Who is best, and who is better than the reference row: decided by tests, corrected for their number."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.records import Comparison, Run, better, holm

Place = tuple[Hashable, Hashable]
"""Row and column of a cell."""

BETTER, WORSE = '↑', '↓'


@dataclass(frozen=True)
class Contest:
    """The figures of one column.

    Attributes:
        column: name of the column within the whole table.
        runs: repetitions by row, in the order of the rows.
        lower: whether less is better.
        baseline: row that the others are tested against; empty for none.
    """

    column: Hashable
    runs: Mapping[Any, Sequence[Run]]
    lower: bool = False
    baseline: str = ''

    def compare(self, a: Hashable, b: Hashable) -> Comparison:
        """Test a against b; a positive difference speaks for a."""
        return better(self._signed(self.runs[a]), self._signed(self.runs[b]))

    def ranked(self) -> list[Hashable]:
        """Rows by their means, the best first."""
        means = {row: np.mean([run.value for run in self._signed(runs)]) for row, runs in self.runs.items()}
        return sorted(means, key=lambda row: -means[row])

    def _signed(self, runs: Sequence[Run]) -> list[Run]:
        """Figures of which more is better."""
        if not self.lower:
            return list(runs)
        return [replace(run, value=-run.value, score=None if run.score is None else -run.score) for run in runs]


@dataclass
class Verdict:
    """What the tests say of a table.

    Attributes:
        bold: cells that are better than all others of their contest.
        marks: sign of every cell that differs from the one it was tested against.
        tests: number of tests behind the bold figures and behind the marks.
    """

    bold: set[Place] = field(default_factory=set)
    marks: dict[Place, str] = field(default_factory=dict)
    tests: tuple[int, int] = (0, 0)


def judge(contests: Sequence[Contest], confidence: float) -> Verdict:
    """Judge every contest; bold figures and marks are two families of tests, each corrected by Holm over the table.

    A bold figure must beat the runner-up and every other row that can be compared at all; its p is the largest of
    these.

    Args:
        contests: columns of the table.
        confidence: confidence of the tests; 0.95 finds with p up to 0.05.
    """
    alpha = 1.0 - confidence
    best = {(contest.ranked()[0], contest.column): _best_p(contest) for contest in contests if len(contest.runs) > 1}
    found = {
        (row, contest.column): contest.compare(row, contest.baseline)
        for contest in contests
        for row in contest.runs
        if row != contest.baseline and contest.baseline in contest.runs
    }
    bold = {place for place, p in zip(best, holm(list(best.values())), strict=True) if p <= alpha}
    signs = {
        place: BETTER if test.difference > 0 else WORSE
        for (place, test), p in zip(found.items(), holm([test.p_value for test in found.values()]), strict=True)
        if p <= alpha and test.difference != 0
    }
    return Verdict(bold, signs, (len(best), len(found)))


def _best_p(contest: Contest) -> float:
    """The largest p of the best row against the others."""
    best, runner_up, *others = contest.ranked()
    # A row far below with a single seed does not take the others' distinction away; a runner-up does.
    rivals = [runner_up, *(row for row in others if len(contest.runs[row]) > 1)]
    tests = [contest.compare(best, row) for row in rivals]
    return max(test.p_value if test.difference > 0 else 1.0 for test in tests)
