"""What a stage is given, and what it finds: rows of a table."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmarks.records.environment import environment
from benchmarks.report import Table, as_markdown

Row = Mapping[str, Any]
"""One line of a stage's table, in types that JSON knows."""


@dataclass
class Stage:
    """Where and how long a stage may work.

    Attributes:
        device: ``cuda`` or ``cpu``.
        seconds: time after which nothing new is begun.
        quick: smallest sizes alone, to try the stage itself.
        out: folder of files that it leaves.
        begun: clock at its start.
    """

    device: str
    seconds: float
    quick: bool
    out: Path
    begun: float = field(default_factory=time.monotonic)

    @property
    def over(self) -> bool:
        """Whether its time is used up."""
        return time.monotonic() - self.begun > self.seconds


def has_bfloat16(device: str) -> bool:
    """Whether a device computes in bfloat16; other processors imitate it, hundreds of times slower."""
    return device == 'cuda' or torch.cpu._is_avx512_bf16_supported()


def machine(device: str) -> dict[str, Any]:
    """What was measured on: card, driver, processor, versions, commit and date."""
    facts = {**environment(device), 'cores': os.cpu_count(), 'date': time.strftime('%Y-%m-%d')}
    if device == 'cuda':
        card = torch.cuda.get_device_properties(0)
        facts |= {'card': card.name, 'memory': card.total_memory, 'cuda': torch.version.cuda}
    return facts


def as_markdown_tables(title: str, rows: list[Row]) -> str:
    """Rows as tables, a new one where a row has other columns than those before it, neither fewer nor more.

    Args:
        title: title of the first table.
        rows: what a stage found; an en dash where a row lacks a column.
    """
    groups: list[tuple[dict[str, None], list[Row]]] = []
    for row in rows:
        if groups and (groups[-1][0].keys() >= row.keys() or groups[-1][0].keys() <= row.keys()):
            groups[-1][0].update(dict.fromkeys(row))
            groups[-1][1].append(row)
        else:
            groups.append((dict.fromkeys(row), [row]))
    tables: list[str] = []
    for names, part in groups:
        body = [[_cell(row.get(name)) for name in names] for row in part]
        tables.append(as_markdown(Table(f'{title}, continued' if tables else title, list(names), body)))
    return '\n\n'.join(tables)


def _cell(value: Any) -> str:
    if value is None:
        return '–'
    if isinstance(value, bool):
        return 'yes' if value else '**NO**'
    if isinstance(value, float):
        return f'{value:.1e}' if 0 < abs(value) < 0.01 else f'{value:,.2f}' if abs(value) < 100 else f'{value:,.0f}'
    return str(value)
