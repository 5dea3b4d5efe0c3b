"""Tables as files."""

from __future__ import annotations

from pathlib import Path

from benchmarks.report.as_csv import as_csv
from benchmarks.report.as_html import page
from benchmarks.report.as_latex import as_latex
from benchmarks.report.as_markdown import as_markdown
from benchmarks.report.table import Table
from zoo.io import write_whole


def save_table(table: Table, stem: Path) -> None:
    """Write a table in all formats, as files that end in md, csv, tex and html.

    Args:
        table: the table.
        stem: path without an ending.
    """
    html = page(table.title, [table])
    contents = {'md': as_markdown(table), 'csv': as_csv(table), 'tex': as_latex(table), 'html': html}
    for ending, content in contents.items():
        write_whole(stem.with_name(f'{stem.name}.{ending}'), content)
