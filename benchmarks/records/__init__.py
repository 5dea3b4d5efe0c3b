"""Result records, where they are kept, and the statistics of tables made from them."""

from __future__ import annotations

from benchmarks.records.bootstrap import bootstrap_interval
from benchmarks.records.compare import Run, better, run_of
from benchmarks.records.keys import job_key
from benchmarks.records.multiple import holm
from benchmarks.records.paired import Comparison, mcnemar, paired_bootstrap, paired_t, wilcoxon
from benchmarks.records.predictions import Predictions, read_predictions
from benchmarks.records.record import Record, read_record, read_records
from benchmarks.records.statistics import Estimate, mean_interval
from benchmarks.records.store import Store

__all__ = [
    'Comparison',
    'Estimate',
    'Predictions',
    'Record',
    'Run',
    'Store',
    'better',
    'bootstrap_interval',
    'holm',
    'job_key',
    'mcnemar',
    'mean_interval',
    'paired_bootstrap',
    'paired_t',
    'read_predictions',
    'read_record',
    'read_records',
    'run_of',
    'wilcoxon',
]
