"""Suites, tables and studies: what is measured, made of jobs."""

from __future__ import annotations

from benchmarks.suites import measuring, training  # register the kinds of jobs
from benchmarks.suites.job import Job
from benchmarks.suites.plans import leaderboard  # registers all suites
from benchmarks.suites.suite import SUITES, Suite, suite

__all__ = ['SUITES', 'Job', 'Suite', 'leaderboard', 'measuring', 'suite', 'training']
