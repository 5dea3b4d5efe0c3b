"""docs/speed.md, from what stages have kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.gpu.findings import as_markdown_tables
from benchmarks.run.curve import draw_values
from zoo.errors import UsageError
from zoo.io import write_whole

TITLES = {
    'check': 'The machine, and what it can do at most',
    'correct': 'Against the CPU',
    'step': 'Operations and training steps',
    'cost': 'What larger clouds, batches and students cost',
    'train': 'Pretrained and measured',
}


def report(folders: Sequence[Path], out: Path) -> None:
    """Write ``speed.md``, and a curve of the costs for every machine.

    Args:
        folders: folders of stages, one for every machine.
        out: folder of the page.

    Raises:
        UsageError: a folder that holds nothing.
    """
    parts = [
        '# Speed',
        'Written by `python -m benchmarks.gpu --report`. Absolute times are of one machine on one day, ratios '
        'of one run.',
    ]
    cards = 0
    for folder in folders:
        found = {
            name: json.loads((folder / f'{name}.json').read_text('utf-8'))
            for name in TITLES
            if (folder / f'{name}.json').is_file()
        }
        if not found:
            raise UsageError(
                f'{folder} holds no {", ".join(f"{name}.json" for name in TITLES)}: run '
                f'python -m benchmarks.gpu --out {folder}'
            )
        facts = next(iter(found.values()))['machine']
        name = facts.get('card') or f'{facts["processor"]}, {facts["threads"]} of {facts["cores"]} threads'
        parts.append(f'## {name}')
        parts.append(f'torch {facts["torch"]}, {facts["date"]}, commit {facts["commit"]}.')
        for stage, content in found.items():
            parts.append(as_markdown_tables(TITLES[stage], content['rows']))
        if 'cost' in found:
            path = out / f'speed_{folder.name}.svg'
            draw_values(
                _growth(found['cost']['rows']),
                path,
                f'Cost of a step, {name}',
                ('times larger', 'times slower, a cloud'),
            )
            parts.append(f'![cost of a step as one thing grows]({path.name})')
        cards += 'card' in facts
    if not cards:
        parts.append('## GPUs\n\nNot measured: no card was at hand.')
    write_whole(out / 'speed.md', '\n\n'.join(parts) + '\n')


def _growth(rows: Sequence[dict[str, Any]]) -> dict[str, list[tuple[float, float]]]:
    """Factor in time a cloud over the factor in size, by what grows."""
    lines: dict[str, list[tuple[float, float]]] = {}
    first: dict[str, tuple[float, float]] = {}
    for row in rows:
        if 'value' in row:
            size, speed = first.setdefault(row['what'], (row['value'], row['samples/s']))
            lines.setdefault(row['what'], []).append((row['value'] / size, speed / row['samples/s']))
    return lines
