"""The official lists of objects: where they lie, how they are read, and what they must hold."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo.datasets.layouts.modelnet_names import MODELNET10, MODELNET40, official_list
from zoo.datasets.layouts.shapenetpart_names import SYNSETS
from zoo.datasets.synsets import SHAPENET55
from zoo.errors import UsageError
from zoo.io import from_json

DEPTH = 3
"""Folders below the given one in which lists are looked for."""


@dataclass(frozen=True)
class Official:
    """The lists of one dataset.

    Attributes:
        name: Name of the dataset in the catalogue.
        files: File of every split.
        line: Pattern of a name; the group ``kind`` is its class.
        kinds: Class in the names to class in words.
        folders: Names of the folders the files lie in, where the names of the files alone do not tell; any, if empty.
        names: Function to the published names of a split, where they follow from the numbers of objects.
        overlaps: Names that two published lists share, by the two splits.
    """

    name: str
    files: Mapping[str, str]
    line: re.Pattern[str]
    kinds: Mapping[str, str]
    folders: tuple[str, ...] = ()
    names: Callable[[str], list[str]] | None = None
    overlaps: Mapping[tuple[str, str], int] | None = None

    def published(self, split: str) -> dict[str, Any]:
        """Return ``count``, ``sha256`` and, by class, number and digest of the names that were published."""
        return published()[f'{self.name}/{split}']


def _modelnet(classes: Mapping[str, Any]) -> Official:
    return Official(
        name=f'modelnet{len(classes)}',
        files={split: f'modelnet{len(classes)}_{split}.txt' for split in ('train', 'test')},
        line=re.compile(r'(?P<kind>[a-z_]+)_\d{4}'),
        kinds={name: name for name in classes},
        names=functools.partial(official_list, len(classes)),
    )


OFFICIAL = (
    _modelnet(MODELNET40),
    _modelnet(MODELNET10),
    Official(
        name='shapenet55',
        files={split: f'{split}.txt' for split in ('train', 'test')},
        line=re.compile(r'(?P<kind>\d{8})-[\w-]*\.npy'),  # one official name is a class and nothing else
        kinds=SHAPENET55,
        folders=('shapenet-55', 'shapenet55'),
    ),
    Official(
        name='shapenetpart',
        files={split: f'shuffled_{split}_file_list.json' for split in ('train', 'val', 'test')},
        line=re.compile(r'shape_data/(?P<kind>\d{8})/[\w-]+'),
        kinds={synset: name for name, synset in SYNSETS.items()},
        overlaps={('train', 'val'): 9, ('train', 'test'): 23, ('val', 'test'): 3},
    ),
)
"""Everything whose lists were published. Lists of ScanObjectNN's scans are in none of its archives."""


@functools.cache
def published() -> dict[str, Any]:
    """Return counts and digests of the published lists, by ``dataset/split``; the names themselves are not shipped."""
    content: dict[str, Any] = json.loads(Path(__file__).with_name('published.json').read_text(encoding='utf-8'))
    return content


def digest(names: Sequence[str]) -> str:
    """Return the SHA-256 of names in alphabetical order, one a line: the order of a list does not matter."""
    return hashlib.sha256('\n'.join(sorted(names)).encode()).hexdigest()


def describe(names: Sequence[str], official: Official) -> dict[str, Any]:
    """Return what is shipped about a list: ``count``, ``sha256``, and number and short digest of every class."""
    by_kind = group(names, official)
    kinds = {kind: [len(members), digest(members)[:12]] for kind, members in sorted(by_kind.items())}
    return {'count': len(names), 'sha256': digest(names), 'classes': kinds}


def group(names: Sequence[str], official: Official) -> dict[str, list[str]]:
    """Return names by class; a name that looks like none is in no class."""
    by_kind: dict[str, list[str]] = {}
    for name in names:
        found = official.line.fullmatch(name)
        if found:
            by_kind.setdefault(found['kind'], []).append(name)
    return by_kind


def read_names(path: Path) -> list[str]:
    """Read a list: one name a line, or a JSON list of names.

    Raises:
        UsageError: The file is missing, empty, or cannot be read as that.
    """
    try:
        text = path.read_text(encoding='utf-8')
        names = from_json(text) if path.suffix == '.json' else [line.strip() for line in text.splitlines()]
    except FileNotFoundError as error:
        raise UsageError(f'{path} is missing: fetch the lists again') from error
    except (OSError, ValueError) as error:
        raise UsageError(f'{path} cannot be read as a list of names ({error}): fetch it again') from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or not any(names):
        raise UsageError(f'{path} must be a list of names: fetch it again')
    while names and not names[-1]:
        names.pop()
    return names


def locate(folder: Path) -> list[tuple[Official, Path]]:
    """Return which lists lie in or below a folder, and in which folders."""
    found = []
    for place, files in walk(folder):
        for official in OFFICIAL:
            here = [place / name for name in official.files.values() if name in files]
            # Lists called train.txt are common: take those of the right folder, or those that the user points at.
            known = not official.folders or place.name.lower() in official.folders
            if here and (known or (place == folder and any(map(official.line.fullmatch, _head(here[0]))))):
                found.append((official, place))
    return found


def walk(folder: Path) -> Iterator[tuple[Path, set[str]]]:
    """Yield folders and the names of their files, a few levels deep."""
    for place, below, files in os.walk(folder):
        below.sort()
        yield Path(place), set(files)
        if len(Path(place).relative_to(folder).parts) >= DEPTH:
            below.clear()


def _head(path: Path) -> list[str]:
    """Return the first line of a file, nothing when it has none."""
    try:
        with path.open(encoding='utf-8') as file:
            return [file.readline().strip()]
    except (OSError, UnicodeDecodeError):
        return []
