"""Which meshes a folder holds, and which splits, classes and objects they are of."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path, PurePosixPath

from zoo.datasets.captions import readable
from zoo.datasets.meshes.files import SUFFIXES
from zoo.datasets.meshes.objects import pick_objects
from zoo.datasets.splits import split_of
from zoo.errors import UsageError
from zoo.io import walk

PARTS = ('train', 'val', 'test')
"""Splits that folders may be."""

LAYOUTS = '<class>/<object>, <split>/<class>/<object> or <class>/<split>/<object>'
SHOWN = 3
"""Names that a remark gives."""


@dataclass(frozen=True)
class Found:
    """An object in a folder of classes, and the mesh that is taken of it.

    Attributes:
        name: Path of the mesh below the root, with forward slashes.
        class_name: The class.
        part: 'train', 'val', 'test', or empty.
        title: Name of the object within its class and part.
    """

    name: str
    class_name: str
    part: str
    title: str


@dataclass(frozen=True)
class Listing:
    """What a folder of classes holds.

    Attributes:
        classes: Their names, sorted.
        found: The objects, in the order of the names of their meshes.
        remarks: Files that were left out, in words.
    """

    classes: tuple[str, ...]
    found: list[Found]
    remarks: tuple[str, ...]


def find_meshes(root: Path) -> list[str]:
    """Return the paths of all meshes below a folder, with forward slashes, sorted; hidden ones are left out.

    Raises:
        UsageError: There is no such folder.
    """
    if not root.is_dir():
        raise UsageError(f'{root} is no folder: give the folder that holds the meshes')
    return sorted(path.relative_to(root).as_posix() for path in _walk(root))


def _visible(name: str) -> bool:
    """Say whether a folder is no hidden one, such as ``.git`` and ``__MACOSX``."""
    return not name.startswith(('.', '__'))


def _walk(root: Path) -> Iterator[Path]:
    """Yield meshes; links to folders are followed, each folder is visited once."""
    visited: set[str] = set()
    for folder, folders, files in walk(root, follow=True):
        real = os.path.realpath(folder)
        if real in visited:
            folders.clear()
            continue
        visited.add(real)
        folders[:] = sorted(filter(_visible, folders))
        for file in files:
            if file[0] != '.' and file.lower().endswith(SUFFIXES):
                yield Path(folder) / file


def find_classes(root: Path, objects: str = 'auto') -> Listing:
    """Return the classes and objects of a folder.

    Splits may be folders above the classes or within them, by any of the usual words (``Training``, ``valid``).

    Args:
        root: The folder.
        objects: Rule of ``pick_objects``.

    Raises:
        UsageError: There is no such folder, it holds no meshes, or it cannot be told which splits, classes and objects
            they are of.
    """
    paths = [PurePosixPath(path) for path in find_meshes(root)]
    if not paths:
        raise UsageError(f'{root} holds no meshes: expected {LAYOUTS}, ending in {", ".join(SUFFIXES)}')
    above = _splits_above(root, paths)
    groups: dict[tuple[str, str], tuple[PurePosixPath, list[PurePosixPath]]] = {}
    for path in paths:
        parts, part = path.parts, above.get(path.parts[0], '')
        if len(parts) < (3 if part else 2):
            raise UsageError(f'{root / path} is in no class: expected {LAYOUTS}')
        depth = 2 if part else 1  # of the folder that has the objects
        class_name = parts[depth - 1]
        if len(parts) > depth + 1 and split_of(parts[depth]) and not part:
            part, depth = split_of(parts[depth]), depth + 1
        place = PurePosixPath(*parts[:depth])
        further = next((word for word in parts[depth:-1] if split_of(word)), None)
        if further is not None:
            raise UsageError(f'{root / path}: the split {further!r} is too far down, expected {LAYOUTS}')
        known, members = groups.setdefault((class_name, part), (place, []))
        if known != place:
            raise UsageError(f'{root / known} and {root / place} are both the split {part!r}: put them into one')
        members.append(path.relative_to(place))
    found, beside = [], []
    for (class_name, part), (place, members) in groups.items():
        for title, meshes in pick_objects(members, root / place, objects).items():
            found.append(Found(str(place / meshes[0]), class_name, part, title or meshes[0].stem))
            beside += [f'{place / mesh} beside {place / meshes[0]}' for mesh in meshes[1:]]
    classes = tuple(sorted({item.class_name for item in found}))
    spelt: dict[str, str] = {}
    for name in classes:
        twin = spelt.setdefault(readable(name), name)
        if twin != name:
            raise UsageError(f'{root} has the classes {twin} and {name}, which differ in spelling alone: put into one')
    remarks = [*_unread_folders(root, set(above), groups), *_strange_splits(root, found)]
    if beside:
        remarks.append(f'{len(beside)} meshes are left out, as one of every object is read, the first: {beside[0]}')
    return Listing(classes, sorted(found, key=lambda item: item.name), tuple(remarks))


def _splits_above(root: Path, paths: list[PurePosixPath]) -> dict[str, str]:
    """Return the splits that the top folders stand for; empty where these are classes."""
    inside: dict[str, set[str]] = {}
    for path in paths:
        inside.setdefault(path.parts[0], set()).update(path.parts[1:2])
    splits = {top: split_of(top) for top in inside if split_of(top)}
    if len(splits) in (0, len(inside)):
        return splits
    others = set().union(*(names for top, names in inside.items() if top not in splits), inside)
    own = {name for name in inside[next(iter(splits))] if not split_of(name)}
    if [top.lower() for top in splits] == ['train'] and others.isdisjoint(own):
        return {}  # the vehicle, among other classes
    other = next(top for top in inside if top not in splits)
    raise UsageError(
        f'{root} has {", ".join(splits)} beside {other}: move {other} into a split, or rename what is a class'
    )


def _unread_folders(
    root: Path, splits: set[str], groups: dict[tuple[str, str], tuple[PurePosixPath, list[PurePosixPath]]]
) -> Iterator[str]:
    """Say which folders, where classes are expected, have no mesh."""
    seen = {'/'.join(place.parts[: 2 if splits else 1]) for place, _ in groups.values()}
    empty = []
    for base in [root, *(root / split for split in sorted(splits))]:
        for folder in sorted(base.iterdir()):
            if base == root and splits and (folder.name in splits or not split_of(folder.name)):
                continue
            if _visible(folder.name) and folder.is_dir() and folder.relative_to(root).as_posix() not in seen:
                endings = sorted({file.suffix for file in folder.rglob('*') if file.is_file()} - {''})
                empty.append(f'{folder.relative_to(root)} ({", ".join(endings[:3]) or "empty"})')
    if empty:
        yield f'{len(empty)} folders are left out, as they have no mesh of their own that can be read: {_few(empty)}'


def _strange_splits(root: Path, found: list[Found]) -> Iterator[str]:
    """Say what in the splits may not be as it was meant."""
    parts: dict[str, set[tuple[str, str]]] = {}
    for item in found:
        parts.setdefault(item.part, set()).add((item.class_name, item.title))
    if list(parts) == ['']:
        lists = sorted(path.name for path in root.iterdir() if path.is_file() and split_of(path.stem))
        if lists:
            yield f'splits are not those of {_few(lists)}, which is not read: make folders train and test'
        return
    trained = {name for name, _ in parts.get('train', ())}
    strange = sorted({name for members in parts.values() for name, _ in members} - trained)
    if trained and strange:
        yield f'{len(strange)} classes have no object in train: {_few(strange)}'
    shared = sorted({pair for one, two in combinations(parts.values(), 2) for pair in one & two})
    if shared and len(trained | set(strange)) == 1:
        place = root / shared[0][0]
        raise UsageError(f'{root} has one class, whose splits have the same objects: if it has classes, give {place}')
    if shared:
        names = _few(['/'.join(pair) for pair in shared])
        yield f'{len(shared)} objects have the name of one in another split, are they the same? {names}'


def _few(names: list[str]) -> str:
    """Join the first names."""
    return ', '.join(names[:SHOWN]) + (f' and {len(names) - SHOWN} more' if len(names) > SHOWN else '')
