"""Paired timing: two ways to do one thing, measured turn by turn in one run.

On a shared machine absolute times drift by factors, so times of two runs say little about each other. A pair that is
measured back to back suffers the same drift; the median of the ratios of many pairs is what can be reported.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch


@dataclass(frozen=True)
class Comparison:
    """Times of two variants, measured in turns.

    Attributes:
        baseline: Seconds of the baseline, one per round.
        candidate: Seconds of the candidate in the same rounds.
    """

    baseline: tuple[float, ...]
    candidate: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Median over the rounds of baseline / candidate: how many times faster the candidate is."""
        return median(self._ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """Lower and upper quartile of the ratios."""
        ordered = sorted(self._ratios)
        last = len(ordered) - 1
        return ordered[round(last * 0.25)], ordered[round(last * 0.75)]

    @property
    def _ratios(self) -> list[float]:
        return [slow / fast for slow, fast in zip(self.baseline, self.candidate, strict=True)]


def compare(
    baseline: Callable[[], object],
    candidate: Callable[[], object],
    *,
    rounds: int = 30,
    warmup: int = 3,
    device: torch.device | str = 'cpu',
) -> Comparison:
    """Time two functions in turns; who goes first changes every round.

    Args:
        baseline: What to compare with.
        candidate: What is of interest.
        rounds: Pairs that count.
        warmup: Pairs before, which compile, fill caches and do not count.
        device: Where they compute; a GPU is waited for before each look at the clock.

    Returns:
        The times of all rounds.

    Raises:
        ValueError: If ``rounds`` is less than one.
    """
    if rounds < 1:
        raise ValueError(f'rounds must be at least 1, got {rounds}')
    functions = (baseline, candidate)
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(-warmup, rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            seconds = _seconds(functions[which], device)
            if number >= 0:
                times[which].append(seconds)
    return Comparison(tuple(times[0]), tuple(times[1]))


def _seconds(function: Callable[[], object], device: torch.device | str) -> float:
    _wait(device)
    start = time.perf_counter()
    function()
    _wait(device)
    return max(time.perf_counter() - start, 1e-9)  # a clock may stand still; a ratio must not divide by zero


def _wait(device: torch.device | str) -> None:
    if torch.device(device).type == 'cuda':
        torch.cuda.synchronize(device)
