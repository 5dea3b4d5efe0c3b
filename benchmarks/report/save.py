"""Tables as files."""

from __future__ import annotations

from pathlib import Path

from benchmarks.report.as_csv import as_csv
from benchmarks.report.as_html import page
from benchmarks.report.as_latex import as_latex
from benchmarks.report.as_markdown import as_markdown
from benchmarks.report.table import Table
from zoo.io import write_whole


def save_table(table: Table, stem: Path) -> list[Path]:
    """Write a table in all formats.

    Args:
        table: the table.
        stem: path without an ending.

    Returns:
        The files, ending in md, csv, tex and html.
    """
    contents = {
        'md': as_markdown(table),
        'csv': as_csv(table),
        'tex': as_latex(table),
        'html': page(table.title, [table]),
    }
    paths = [stem.with_name(f'{stem.name}.{ending}') for ending in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        write_whole(path, content.encode())
    return paths
