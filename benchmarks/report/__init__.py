"""Tables: views of records, in Markdown, CSV, LaTeX and HTML."""

from __future__ import annotations

from benchmarks.report.as_csv import as_csv
from benchmarks.report.as_html import page
from benchmarks.report.as_latex import as_latex
from benchmarks.report.as_markdown import as_markdown
from benchmarks.report.cell import Cell, Quoted
from benchmarks.report.save import save_table
from benchmarks.report.table import Table

__all__ = [
    'Cell',
    'Quoted',
    'Table',
    'as_csv',
    'as_latex',
    'as_markdown',
    'page',
    'save_table',
]
