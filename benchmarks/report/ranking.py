"""Who is best, and who is better than the row above: decided by tests, corrected for their number."""

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
    """The figures of one column in one block.

    Attributes:
        column: name of the column within the whole table.
        runs: repetitions by row, in the order of the rows.
        lower: less is better.
        baseline: row that the others are tested against; None for the row above each.
        strict: as for ``better``.
    """

    column: Hashable
    runs: Mapping[Any, Sequence[Run]]
    lower: bool = False
    baseline: Hashable = None
    strict: bool = True

    def compare(self, a: Hashable, b: Hashable, confidence: float) -> Comparison:
        """Test a against b; a positive difference speaks for a."""
        first, second = (self._signed(self.runs[row]) for row in (a, b))
        return better(first, second, confidence=confidence, strict=self.strict)

    def best(self) -> Hashable:
        """The row of the best mean."""
        means = {row: float(np.mean([run.value for run in self._signed(runs)])) for row, runs in self.runs.items()}
        return max(means, key=lambda row: means[row])

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
        methods: tests used, and reasons why there was none, with their number.
    """

    bold: set[Place] = field(default_factory=set)
    marks: dict[Place, str] = field(default_factory=dict)
    tests: tuple[int, int] = (0, 0)
    methods: dict[str, int] = field(default_factory=dict)


def judge(contests: Sequence[Contest], confidence: float, marks: bool = True) -> Verdict:
    """Judge every contest; bold figures and marks are two families of tests, each corrected by Holm over the table.

    A bold figure must beat the runner-up and every other row that can be compared at all; its p is the largest of
    these.

    Args:
        contests: columns within blocks; rows of different blocks are never compared.
        confidence: of the tests; 0.95 finds with p up to 0.05.
        marks: test rows against the baseline, or the row above, too.
    """
    verdict = Verdict()
    alpha = 1.0 - confidence
    crowns = [(contest, *_crown(contest, confidence, verdict)) for contest in contests if len(contest.runs) > 1]
    for (contest, row, _), p_value in zip(crowns, holm([p for _, _, p in crowns]), strict=True):
        if p_value <= alpha:
            verdict.bold.add((row, contest.column))
    duels = [duel for contest in contests if marks for duel in _duels(contest, confidence, verdict)]
    for (place, test), p_value in zip(duels, holm([test.p_value for _, test in duels]), strict=True):
        if p_value <= alpha and test.difference != 0:
            verdict.marks[place] = BETTER if test.difference > 0 else WORSE
    verdict.tests = (len(crowns), len(duels))
    return verdict


def _crown(contest: Contest, confidence: float, verdict: Verdict) -> tuple[Hashable, float]:
    """The best row and the largest p against the others."""
    best = contest.best()
    others = [row for row in contest.runs if row != best]
    runner_up = replace(contest, runs={row: contest.runs[row] for row in others}).best()
    p_values = []
    for row in others:
        # A row far below with a single seed does not take the others' distinction away; a runner-up does.
        if row == runner_up or len(contest.runs[row]) > 1:
            test = contest.compare(best, row, confidence)
            _count(verdict, test)
            p_values.append(test.p_value if test.difference > 0 else 1.0)
    return best, max(p_values)


def _duels(contest: Contest, confidence: float, verdict: Verdict) -> list[tuple[Place, Comparison]]:
    """Tests of rows against the baseline or the row above."""
    rows = list(contest.runs)
    if contest.baseline is None:
        couples = list(zip(rows[1:], rows[:-1], strict=True))
    else:
        couples = [(row, contest.baseline) for row in rows if row != contest.baseline and contest.baseline in rows]
    duels = []
    for row, other in couples:
        test = contest.compare(row, other, confidence)
        _count(verdict, test)
        duels.append(((row, contest.column), test))
    return duels


def _count(verdict: Verdict, test: Comparison) -> None:
    """Remember which test was used."""
    verdict.methods[test.method] = verdict.methods.get(test.method, 0) + 1
