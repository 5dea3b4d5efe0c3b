"""A results file as a page that opens from disk: tables to sort, filter and compare, a record behind every cell."""

from __future__ import annotations

from benchmarks.site.page import write_site

__all__ = ['write_site']
