"""The suites, tables and studies themselves, one idea a file."""

from __future__ import annotations

from benchmarks.suites.plans import (
    ablations,
    data_curve,
    few_shot,
    frozen,
    leaderboard,
    robustness,
    transfer,
    zero_shot,
)

__all__ = ['ablations', 'data_curve', 'few_shot', 'frozen', 'leaderboard', 'robustness', 'transfer', 'zero_shot']
