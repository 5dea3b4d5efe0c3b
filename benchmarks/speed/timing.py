"""Paired timing: two ways to do one thing, measured turn by turn in one run.

On a shared machine absolute times drift by factors, so times of two runs say little about each other. A pair that is
measured back to back suffers the same drift; the median of the ratios of many pairs is what can be reported.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class Comparison:
    """Times of two variants, measured in turns.

    Attributes:
        baseline: seconds of the baseline, one per round.
        candidate: seconds of the candidate in the same rounds.
    """

    baseline: tuple[float, ...]
    candidate: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Median over the rounds of baseline / candidate: how many times faster the candidate is."""
        return float(np.median(np.divide(self.baseline, self.candidate)))

    @property
    def spread(self) -> tuple[float, float]:
        """Lower and upper quartile of the ratios."""
        low, high = np.quantile(np.divide(self.baseline, self.candidate), (0.25, 0.75), method='nearest')
        return float(low), float(high)

    def cells(self, milliseconds: int, ratio: int) -> list[str]:
        """Cells of a table: both median times in milliseconds, the ratio, its quartiles.

        Args:
            milliseconds: digits after the point of times.
            ratio: digits after the point of the ratio.
        """
        times = [f'{1e3 * np.median(seconds):.{milliseconds}f}' for seconds in (self.baseline, self.candidate)]
        low, high = self.spread
        return [*times, f'{self.ratio:.{ratio}f}', f'{low:.1f} to {high:.1f}']


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
        baseline: function to compare with.
        candidate: function of interest.
        rounds: number of pairs that count.
        warmup: number of pairs before, which compile, fill caches and do not count.
        device: device on which they compute; a GPU is waited for before each look at the clock.

    Returns:
        The times of all rounds.

    Raises:
        ValueError: ``rounds`` is less than one.
    """
    if rounds < 1:
        raise ValueError(f'rounds must be at least 1, got {rounds}')
    functions = (baseline, candidate)
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(-warmup, rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            seconds = timed(functions[which], device)
            if number >= 0:
                times[which].append(seconds)
    return Comparison(tuple(times[0]), tuple(times[1]))


def timed(function: Callable[[], object], device: torch.device | str) -> float:
    """Seconds that a function takes, its work on a GPU included."""
    gpu = torch.device(device).type == 'cuda'
    if gpu:
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    function()
    if gpu:
        torch.cuda.synchronize(device)
    return max(time.perf_counter() - start, 1e-9)  # a clock may stand still; a ratio must not divide by zero


def machine(threads: int, device: str = 'cpu') -> str:
    """Note of a table: day, version, device, and how busy the machine is."""
    name = torch.cuda.get_device_name() if device == 'cuda' else f'CPU, {threads} of {os.cpu_count()} threads'
    day = time.strftime('%Y-%m-%d', time.gmtime())
    return f'Measured {day}, torch {torch.__version__}, {name}, load {os.getloadavg()[0]:.1f}.'
