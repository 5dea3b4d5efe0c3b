"""Which datasets are known, which are there, and how to get the others."""

from __future__ import annotations

import textwrap
from pathlib import Path

from tabulate import tabulate

from zoo.compat import data_root as default_root
from zoo.compat import expand
from zoo.datasets.catalogue.entries import entries
from zoo.datasets.catalogue.entry import Entry
from zoo.datasets.prepared.layout import read_meta
from zoo.errors import UsageError

WIDTH = 116
"""Columns of the descriptions."""


def overview(data_root: str | Path | None = None) -> str:
    """Return a table of all datasets, and below it what has to be known about each.

    Args:
        data_root: Folder of the datasets; that of the user by default.
    """
    root = default_root() if data_root is None else expand(data_root)
    rows = [[entry.name, entry.objects(), presence(entry, root), _place(entry, root)] for entry in entries().values()]
    table = tabulate(rows, headers=['dataset', 'objects', 'present', 'looked for in'], disable_numparse=True)
    texts = [f'data root: {root.absolute()} ($ZOO_DATA or --data-root)\n', table, '']
    texts += [describe(members) for members in _families()]
    return '\n'.join(texts + _packs(root))


def presence(entry: Entry, data_root: str | Path | None = None) -> str:
    """Say whether the files of a dataset are there."""
    if not entry.places:
        return 'built in' if entry.name == 'procedural' else '-'
    found = entry.found(data_root)
    return 'no' if found is None else 'yes'


def _place(entry: Entry, root: Path) -> str:
    """Return where a dataset is, or where it is looked for first."""
    found = entry.found(root)
    if found is None:
        return entry.places[0] if entry.places else '-'
    return str(found.relative_to(root) if found.is_relative_to(root) else found)


def describe(members: list[Entry]) -> str:
    """Return a paragraph about one dataset, or several that come from one place under the same terms."""
    first = members[0]
    lines = [f'{entry.title}' for entry in members]
    lines += [f'get: {first.get}', f'terms: {first.terms}']
    lines += [f'source: {first.source}'] if first.source else []
    lines += [f'dead: {first.dead}'] if first.dead else []
    lines += [f'also in: {", ".join(entry.places[1:])}' for entry in members if len(entry.places) > 1]
    lines += [f'note: {note}' for note in first.notes]
    lines += [f'hint: {hint}' for hint in first.hints]
    wrapped = [
        textwrap.fill(
            line, WIDTH, initial_indent='  ', subsequent_indent='      ', break_long_words=False, break_on_hyphens=False
        )
        for line in lines
    ]
    return '\n'.join([', '.join(entry.name for entry in members), *wrapped, ''])


def _families() -> list[list[Entry]]:
    """Return entries that share everything but their files together."""
    families: list[list[Entry]] = []
    for entry in entries().values():
        last = families[-1][0] if families else None
        if last is not None and (last.get, last.terms, last.notes) == (entry.get, entry.terms, entry.notes):
            families[-1].append(entry)
        else:
            families.append([entry])
    return families


def _packs(root: Path) -> list[str]:
    """Return one line for every prepared pack in the usual place."""
    lines = []
    for path in sorted((root / 'packs').glob('**/meta.json')):
        try:
            splits = read_meta(path.parent)['splits']
        except UsageError:
            continue
        counts = ', '.join(f'{part["stop"] - part["start"]:,} {name}' for name, part in splits.items())
        lines.append(f'  {path.parent.relative_to(root)}: {counts}')
    return ['prepared packs', *lines] if lines else []
