"""docs/speed.md, from what stages have kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.gpu.findings import as_markdown_tables
from benchmarks.run.curve import svg
from zoo.errors import UsageError
from zoo.io import write_whole


def report(folders: Sequence[Path], out: Path, titles: Mapping[str, str]) -> None:
    """Write ``speed.md``, and a curve of the costs for every machine.

    Args:
        folders: folders of stages, one for every machine.
        out: folder of the page.
        titles: title of every stage by its name.

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
        files = {name: folder / f'{name}.json' for name in titles}
        found = {name: json.loads(file.read_text('utf-8')) for name, file in files.items() if file.is_file()}
        if not found:
            names = ', '.join(file.name for file in files.values())
            raise UsageError(f'{folder} holds no {names}: run python -m benchmarks.gpu --out {folder}')
        facts = next(iter(found.values()))['machine']
        name = facts.get('card') or f'{facts["processor"]}, {facts["threads"]} of {facts["cores"]} threads'
        parts.append(f'## {name}')
        parts.append(f'torch {facts["torch"]}, {facts["date"]}, commit {facts["commit"]}.')
        for stage, content in found.items():
            parts.append(as_markdown_tables(titles[stage], content['rows']))
        if 'cost' in found:
            path = out / f'speed_{folder.name}.svg'
            # Factor in time a cloud over the factor in size, by what grows.
            first: dict[str, tuple[float, float]] = {}
            lines: dict[str, list[tuple[float, float]]] = {}
            for row in found['cost']['rows']:
                if 'value' in row:
                    size, speed = first.setdefault(row['what'], (row['value'], row['samples/s']))
                    lines.setdefault(row['what'], []).append((row['value'] / size, speed / row['samples/s']))
            axes = ('times larger', 'times slower, a cloud')
            write_whole(path, svg(f'Cost of a step, {name}', lines, axes))
            parts.append(f'![cost of a step as one thing grows]({path.name})')
        cards += 'card' in facts
    if not cards:
        parts.append('## GPUs\n\nNot measured: no card was at hand.')
    write_whole(out / 'speed.md', '\n\n'.join(parts) + '\n')
