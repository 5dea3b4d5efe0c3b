"""All kinds of jobs and all suites, registered by being imported."""

from __future__ import annotations

from benchmarks.suites import attention, following, measuring, paper_kinds, plans, segmenting, snapshots, training
from benchmarks.suites.suite import SUITES

__all__ = [
    'SUITES',
    'attention',
    'following',
    'measuring',
    'paper_kinds',
    'plans',
    'segmenting',
    'snapshots',
    'training',
]
