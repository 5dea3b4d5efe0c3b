"""The suites, tables and studies themselves, one idea a file."""

from __future__ import annotations

from benchmarks.suites.plans import (
    ablations,
    attention_distance,
    contrastive_test_loss,
    data_curve,
    few_shot,
    frozen,
    leaderboard,
    live,
    paper,
    part_seg,
    robustness,
    transfer,
    zero_shot,
)

__all__ = [
    'ablations',
    'attention_distance',
    'contrastive_test_loss',
    'data_curve',
    'few_shot',
    'frozen',
    'leaderboard',
    'live',
    'paper',
    'part_seg',
    'robustness',
    'transfer',
    'zero_shot',
]
