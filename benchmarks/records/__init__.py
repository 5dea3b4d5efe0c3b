"""Result records and the statistics of tables made from them."""

from __future__ import annotations

from benchmarks.records.record import Record, read_records
from benchmarks.records.statistics import Estimate, mean_interval

__all__ = ['Estimate', 'Record', 'mean_interval', 'read_records']
