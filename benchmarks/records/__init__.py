"""Result records, the files they are kept in, and the statistics of tables made from them."""

from __future__ import annotations

from benchmarks.records.compare import Run, better, run_of
from benchmarks.records.predictions import PredictionLists, Predictions
from benchmarks.records.schema import Failure, Line, Plan, PlannedFigure, Record, Result, json_schema
from benchmarks.records.significance import Comparison, holm, paired_t
from benchmarks.records.statistics import Estimate, mean_interval
from benchmarks.records.store import Store

__all__ = [
    'Comparison',
    'Estimate',
    'Failure',
    'Line',
    'Plan',
    'PlannedFigure',
    'PredictionLists',
    'Predictions',
    'Record',
    'Result',
    'Run',
    'Store',
    'better',
    'holm',
    'json_schema',
    'mean_interval',
    'paired_t',
    'run_of',
]
