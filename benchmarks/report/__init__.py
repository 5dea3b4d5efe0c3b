"""Tables: views of records."""

from __future__ import annotations

from benchmarks.report.table import Table

__all__ = ['Table']
