"""What is known about a dataset before a file of it is opened."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zoo.compat import data_root as default_root
from zoo.compat import expand
from zoo.datasets.base import ObjectDataset
from zoo.errors import UsageError
from zoo.registry import DATASETS


@dataclass(frozen=True)
class Part:
    """One split, variant or fold of a dataset.

    Attributes:
        config: Config of the dataset, without the folder it is looked for in.
        expected: Number of objects that were published; None where that is not fixed.
        also: Other numbers that are right, and why.
        role: 'train', 'val', 'test', or nothing. An object in two roles of one group is leakage.
        group: Parts that are used together.
    """

    config: Mapping[str, Any]
    expected: int | None = None
    role: str = ''
    group: str = ''
    also: Mapping[int, str] = field(default_factory=dict)

    def with_options(self, options: Mapping[str, Any], data_root: str | Path | None = None) -> dict[str, Any]:
        """Return the config with some settings changed.

        Args:
            options: Arguments of the dataset.
            data_root: Folder that holds the dataset's folder; left to the dataset by default.
        """
        root = {} if data_root is None or 'data_root' not in self.config else {'data_root': str(data_root)}
        return {**self.config, **root, **options}


@dataclass(frozen=True)
class Entry:
    """One dataset of the catalogue.

    Attributes:
        name: Its name on the command line.
        title: Description in a line.
        places: Files or folders below the data root, each of which tells that it is there; the first is the usual one,
            absolute ones are where a package is installed. Empty for what needs no files.
        get: Way to get it: official pages first.
        terms: Terms under which it is given out.
        source: The paper.
        parts: Its splits, variants or folds.
        dead: Addresses in papers and repositories that no longer work, and where that was reported.
        up: Direction that is up in its files.
        notes: Facts to know before using it; a check repeats them.
        hints: Ways to ask for variants of it.
        folder_option: Argument of the dataset that takes its own folder, where it takes that and no data root.
        fixed_splits: The splits are the publisher's, so that what they share is no mistake of the user.
    """

    name: str
    title: str
    places: tuple[str, ...]
    get: str
    terms: str
    source: str
    parts: Mapping[str, Part]
    dead: str = ''
    up: str = '+y'
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    folder_option: str = ''
    fixed_splits: bool = True

    def found(self, data_root: str | Path | None = None) -> Path | None:
        """Return the file or folder that tells that the dataset is there, None when there is none."""
        root = default_root() if data_root is None else expand(data_root)
        return next((root / place for place in self.places if (root / place).exists()), None)

    def objects(self) -> str:
        """Return how many objects the parts were published with, in words."""
        counts = [part.expected for part in self.parts.values()]
        known = [count for count in counts if count is not None]
        if not known or len(known) < len(counts):
            return 'any'
        if len(counts) <= 3:
            return ' / '.join(f'{count:,}' for count in known)
        spread = f'{min(known):,}' if min(known) == max(known) else f'{min(known):,} to {max(known):,}'
        return f'{len(known)} parts of {spread}'


def build(config: Mapping[str, Any]) -> ObjectDataset:
    """Build a dataset."""
    dataset: ObjectDataset = DATASETS.build(dict(config))
    return dataset


def check_options(kind: str, options: Iterable[str]) -> None:
    """Compare options with what a dataset takes.

    Args:
        kind: Name of the dataset's class.
        options: Names of its arguments.

    Raises:
        UsageError: It does not take one of them; the message lists those that it takes.
    """
    takes = [name for name in inspect.signature(DATASETS.get(kind)).parameters if name != 'self']
    strange = [name for name in options if name not in takes]
    if strange:
        raise UsageError(f'{kind} has no option {strange[0]!r}: it has {", ".join(takes)}')
