"""Find models in the index."""

from __future__ import annotations

import difflib
import fnmatch
import os
from pathlib import Path
from typing import Any

from zoo.compat import expand
from zoo.config import ROOT
from zoo.errors import UsageError
from zoo.hub.index.entry import TASKS, Collection, Entry
from zoo.hub.index.fields import Fields, is_path
from zoo.hub.index.limits import read_yaml
from zoo.hub.index.parse import collection_of, entry_of
from zoo.hub.names import parse_name

PARTS = ('Import', 'Collections', 'Models', 'Library')


def index_path() -> Path:
    """The index: ``$ZOO_MODEL_INDEX``, else the one that comes with the project."""
    return expand(os.environ.get('ZOO_MODEL_INDEX') or ROOT / 'model_index.yml')


def entries(path: Path | None = None) -> dict[str, Entry]:
    """All models by name, in the order of the index.

    Args:
        path: path of the index; :func:`index_path` by default. What it imports is looked for beside it.

    Raises:
        UsageError: the index or a file that it imports is missing or wrong; names file and key.
    """
    path = path or index_path()
    root, parts = _parts(path, path.name)
    for name in root.many('Import', str):
        if not is_path(f'./{name}'.removeprefix('./'), name.split('/')[0], '.yml') or '/' not in name:
            raise UsageError(f'{path.name}: Import {name[:60]!r} is no path such as configs/recon/metafile.yml')
        inner, more = _parts(path.parent / name, name)
        if 'Import' in inner:
            raise UsageError(f'{name}: Import is for {path.name} alone')
        parts += more
    collections: dict[str, Collection] = {}
    for fields, where in parts:
        for number, item in enumerate(fields.children('Collections')):
            made = collection_of(item, f'{where}: Collections[{number}]')
            if made.name in collections:
                raise UsageError(f'{where}: Collections[{number}]: Name {made.name[:60]!r} is taken')
            collections[made.name] = made
    found: dict[str, Entry] = {}
    for fields, where in parts:
        for number, item in enumerate(fields.children('Models')):
            entry = entry_of(item, f'{where}: Models[{number}]', collections)
            if entry.name.lower() in found:
                raise UsageError(f'{where}: Models[{number}]: Name {entry.name!r} is taken')
            found[entry.name.lower()] = entry
    return found


def _parts(path: Path, where: str) -> tuple[Fields, list[tuple[Fields, str]]]:
    """The outermost mapping of a file."""
    fields = Fields(read_yaml(path, where), where, PARTS)
    return fields, [(fields, where)]


def find_entry(name: str, path: Path | None = None) -> Entry:
    """The model called ``name``, in capitals or not.

    Raises:
        UsageError: there is none; names what comes close.
    """
    known = entries(path)
    found = known.get(name.lower())
    if found is None:
        parse_name(name.lower())
        close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
        hint = f'did you mean {" or ".join(close)}? ' if close else ''
        raise UsageError(f"no model '{name}' in {index_path().name}; {hint}zoo.list_models() shows all {len(known)}")
    return found


def list_models(pattern: str = '*', task: str | None = None, pretrained: bool | None = None) -> list[str]:
    """Names of the known models, sorted.

    Args:
        pattern: shell wildcards, in capitals or not.
        task: keep only models for one of ``pretrain``, ``classify``, ``linear``, ``zero_shot``, ``svm``.
        pretrained: keep only models with (True) or without (False) published weights.

    Raises:
        UsageError: unknown task, or a broken index.
    """
    if task is not None and task not in TASKS:
        raise UsageError(f'no model is for the task {task!r}: choose one of {", ".join(TASKS)}')
    return sorted(
        name
        for name, entry in entries().items()
        if fnmatch.fnmatchcase(name, pattern.lower())
        and task in (None, entry.task)
        and pretrained in (None, bool(entry.sources))
    )


def raw_index(path: Path) -> dict[str, Any]:
    """Content of one file of the index as it stands, for those who write it.

    Raises:
        UsageError: it cannot be read.
    """
    content: dict[str, Any] = read_yaml(path, path.name)
    Fields(content, path.name, PARTS)
    return content
