"""Tables: views of records, in Markdown, CSV, LaTeX and HTML."""

from __future__ import annotations

from benchmarks.report.as_html import fragment, page
from benchmarks.report.cell import Cell, Quoted
from benchmarks.report.leaderboard import leaderboard
from benchmarks.report.table import Block, Table

__all__ = ['Block', 'Cell', 'Quoted', 'Table', 'fragment', 'leaderboard', 'page']
