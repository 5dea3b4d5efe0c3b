"""Which meshes a folder holds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from zoo.datasets.meshes.files import SUFFIXES
from zoo.errors import UsageError

PARTS = ('train', 'val', 'test')
"""Folders within a class that divide it."""


@dataclass(frozen=True)
class Found:
    """A mesh in a folder of classes.

    Attributes:
        name: Path below the root, with forward slashes.
        class_name: The class.
        part: 'train', 'val', 'test', or empty.
        title: Path below the class and the part, without the ending.
    """

    name: str
    class_name: str
    part: str
    title: str


def find_meshes(root: Path) -> list[str]:
    """Return the paths of all meshes below a folder, with forward slashes, sorted; hidden ones are left out.

    Raises:
        UsageError: There is no such folder.
    """
    if not root.is_dir():
        raise UsageError(f'{root} is no folder: give the folder that holds the meshes')
    return sorted(path.relative_to(root).as_posix() for path in _walk(root))


def _walk(root: Path) -> Iterator[Path]:
    """Yield meshes; links to folders are followed, each folder is visited once."""
    visited: set[str] = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in visited:
            folders.clear()
            continue
        visited.add(real)
        folders[:] = sorted(name for name in folders if name[0] not in '._')
        for file in files:
            if file[0] != '.' and file.lower().endswith(SUFFIXES):
                yield Path(folder) / file


def find_classes(root: Path) -> tuple[tuple[str, ...], list[Found]]:
    """Return the classes of a folder, sorted, and its meshes in the order of their names.

    Raises:
        UsageError: There is no such folder, it holds no meshes, or they are not in folders of classes.
    """
    paths = find_meshes(root)
    if not paths:
        raise UsageError(f'{root} holds no meshes: expected <class>/<object> ending in {", ".join(SUFFIXES)}')
    stray = next((path for path in paths if '/' not in path), None)
    if stray is not None:
        raise UsageError(f'{root / stray} is in no class: put every mesh into a folder with the name of its class')
    found = []
    for path in paths:
        class_name, *rest = PurePosixPath(path).with_suffix('').parts
        part = rest[0] if rest[0] in PARTS and len(rest) > 1 else ''
        found.append(Found(path, class_name, part, '/'.join(rest[1:] if part else rest)))
    return tuple(sorted({item.class_name for item in found})), found
