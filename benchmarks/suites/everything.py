"""All kinds of jobs and all suites, registered by being imported."""

from __future__ import annotations

from benchmarks.suites import measuring, plans, training
from benchmarks.suites.suite import SUITES

__all__ = ['SUITES', 'measuring', 'plans', 'training']
