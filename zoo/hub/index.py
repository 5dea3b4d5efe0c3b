"""``model_index.yml``: which models have a name, where their weights are."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from zoo.errors import UsageError
from zoo.hub.names import ROOT, parse_name

INDEX = ROOT / 'model_index.yml'


@dataclass(frozen=True)
class Entry:
    """One model of the index.

    Attributes:
        name: model name.
        config: its config file, relative to the repository.
        task: ``pretrain`` or ``classify``.
        weights_path: file with its weights, relative to the repository; empty when none are published.
    """

    name: str
    config: str
    task: str
    weights_path: str

    def weights(self) -> Path:
        """The weight file.

        Raises:
            UsageError: none are published, or the file is not there.
        """
        if not self.weights_path:
            raise UsageError(
                f"no weights of '{self.name}' are published: train them with python tools/train.py {self.config}"
            )
        path = ROOT / self.weights_path
        if not path.is_file():
            raise UsageError(f"weights of '{self.name}' are not at {path}: fetch the repository again")
        return path


def read_index(path: Path = INDEX) -> dict[str, Entry]:
    """Entries by name.

    Raises:
        UsageError: the index is missing or malformed.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
        return {entry.name: entry for entry in map(_entry, content['Models'])}
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f'model index {path} cannot be read: {type(error).__name__}: {error}') from error


def find_entry(name: str) -> Entry:
    """Entry called ``name``.

    Raises:
        UsageError: no such entry.
    """
    index = read_index()
    if name.lower() not in index:
        parse_name(name.lower())
        raise UsageError(f"no model '{name}' in {INDEX.name}; known are {', '.join(sorted(index))}")
    return index[name.lower()]


def list_models(pattern: str = '*', task: str | None = None, pretrained: bool | None = None) -> list[str]:
    """Names of the known models, sorted.

    Args:
        pattern: shell wildcards.
        task: keep only ``pretrain`` or ``classify``.
        pretrained: keep only models with (True) or without (False) published weights.
    """
    return sorted(
        name
        for name, entry in read_index().items()
        if fnmatch.fnmatchcase(name, pattern.lower())
        and task in (None, entry.task)
        and pretrained in (None, bool(entry.weights_path))
    )


def _entry(item: dict[str, Any]) -> Entry:
    """Entry from one item of ``Models``."""
    weights = item.get('Weights') or ''
    return Entry(str(item['Name']), str(item['Config']), str(item['Metadata']['Task']), str(weights))
