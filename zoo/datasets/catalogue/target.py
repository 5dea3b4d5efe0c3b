"""What a command line means: the name of a dataset, a pack, a folder of lists, a folder of meshes."""

from __future__ import annotations

import ast
import difflib
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zoo.compat import data_root as default_root
from zoo.compat import expand
from zoo.datasets.catalogue.check import Candidate
from zoo.datasets.catalogue.entries import entries
from zoo.datasets.catalogue.entry import Entry, Part, build, check_options
from zoo.datasets.catalogue.verify import has_lists
from zoo.datasets.mesh_folder import MeshFolder
from zoo.datasets.meshes.scan import PARTS, find_classes
from zoo.datasets.pack import ShapePack, splits_of
from zoo.datasets.prepared import MappedPack
from zoo.datasets.prepared.layout import read_meta
from zoo.datasets.storage import Archive
from zoo.errors import UsageError

PACK_MARK = 'meta.json'
"""The file by which a prepared pack is known."""

CHOOSING = frozenset(
    {
        'split',
        'fraction',
        'num_objects',
        'classes',
        'num_classes',
        'variant',
        'fold',
        'corruption',
        'severity',
        'licences',
        'families',
    }
)
"""Options that choose other objects, whose number the catalogue does not know."""


@dataclass(frozen=True)
class Target:
    """What was asked for.

    Attributes:
        title: Its name in reports.
        parts: Config of every part, by name; empty for a folder of lists.
        entry: Entry of the catalogue, None for what it does not list.
        folder: Folder in which lists may lie; None where there are none to look for.
        known: Roles and numbers of the parts, as the catalogue has them.
    """

    title: str
    parts: dict[str, dict[str, Any]]
    entry: Entry | None = None
    folder: Path | None = None
    known: Mapping[str, Part] = field(default_factory=dict)

    def candidates(self) -> dict[str, Candidate]:
        """Return the parts as :func:`check_parts` wants them."""
        return {
            name: Candidate(
                functools.partial(build, config),
                expected=self.known[name].expected,
                role=self.known[name].role,
                group=self.known[name].group,
                also=self.known[name].also,
            )
            for name, config in self.parts.items()
        }


def resolve_target(
    name: str,
    *,
    data_root: str | Path | None = None,
    options: Mapping[str, Any] | None = None,
    origin: Sequence[str] | None = None,
) -> Target:
    """Find out what a name or a path stands for.

    Args:
        name: A name of the catalogue, or a path: an NPZ pack, a prepared pack, the folder of a dataset of the
            catalogue, a folder of official lists, or a folder of meshes by class.
        data_root: Folder of the datasets; that of the user by default.
        options: Arguments of the dataset that differ from the catalogue.
        origin: Folder or files of a collection, instead of those in the data root.

    Raises:
        UsageError: It is nothing of this, or takes no such option; the message names what is known.
    """
    chosen = dict(options or {})
    if origin:
        chosen |= _origin(name, list(origin))
    target = _resolve(name, data_root, chosen)
    for config in list(target.parts.values())[:1]:
        check_options(config['type'], options or ())
    return target


def _origin(name: str, origin: list[str]) -> dict[str, Any]:
    """Return the argument of a dataset that says where it is."""
    taking = {entry.name: entry.folder_option for entry in entries().values() if entry.folder_option}
    if name not in taking:
        raise UsageError(f'--from is for the collections {", ".join(taking)}: {name} is looked for in the data root')
    if taking[name] == 'files':
        return {'files': origin}
    if len(origin) > 1:
        raise UsageError(f'--from takes one folder or file of {name}, got {len(origin)}: put them into one folder')
    return {taking[name]: origin[0]}


def _resolve(name: str, data_root: str | Path | None, chosen: dict[str, Any]) -> Target:
    listed = entries()
    if name in listed:
        return _of_entry(listed[name], data_root, chosen)
    path = expand(name)
    root = default_root() if data_root is None else expand(data_root)
    path = next((place for place in (path, root / path, root / 'packs' / path) if place.exists()), path)
    if path.is_file():
        return _of_pack(path, chosen)
    if path.is_dir():
        return _of_folder(path, chosen)
    close = difflib.get_close_matches(name, listed, n=1, cutoff=0.5)
    hint = f'did you mean {close[0]}? ' if close else ''
    raise UsageError(f'{name!r} is neither a file or folder nor a known dataset: {hint}Known are {", ".join(listed)}')


def parse_options(texts: Sequence[str]) -> dict[str, Any]:
    """Read ``KEY=VALUE`` arguments: a Python literal where the value is one, else text.

    Raises:
        UsageError: There is no ``=``.
    """
    options: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition('=')
        if not equals or not key.isidentifier():
            raise UsageError(f'--options {text}: expected KEY=VALUE')
        try:
            options[key] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            options[key] = value
    return options


def _of_entry(entry: Entry, data_root: str | Path | None, options: dict[str, Any]) -> Target:
    if not entry.parts:
        raise UsageError(f'{entry.name} is no dataset by itself: {entry.get}')
    place = entry.found(data_root)
    if entry.folder_option and place is not None:
        options = {entry.folder_option: str(place), **options}
    parts = {name: part.with_options(options, data_root) for name, part in entry.parts.items()}
    known = dict(entry.parts)
    if not CHOOSING.isdisjoint(options):
        known = {name: Part(part.config, None, part.role, part.group) for name, part in known.items()}
    folder = None if place is None else place if place.is_dir() else place.parent
    return Target(entry.name, parts, entry, folder, known)


def _of_pack(path: Path, options: dict[str, Any]) -> Target:
    """Return the target of an .npz file."""
    if path.suffix != '.npz':
        raise UsageError(f'{path} is no .npz pack, no prepared pack and no folder: give one of these')
    splits = splits_of(Archive(path.absolute()))
    config = {'type': ShapePack.__name__, 'points': str(path.absolute()), **options}
    return _plain(path, {split: {**config, 'split': split} for split in splits})


def _plain(path: Path, parts: dict[str, dict[str, Any]]) -> Target:
    """Return the target of something that the catalogue does not list: roles are the names of the parts."""
    known = {
        name: Part(config, role=name if name in ('train', 'val', 'test') else '') for name, config in parts.items()
    }
    return Target(str(path), parts, None, None, known)


def _of_folder(path: Path, options: dict[str, Any]) -> Target:
    """Return the target of a folder: a pack, a dataset, lists or meshes."""
    if (path / PACK_MARK).is_file():
        config = {'type': MappedPack.__name__, 'path': str(path.absolute()), **options}
        return _plain(path, {split: {**config, 'split': split} for split in read_meta(path)['splits']})
    inside = _entries_at(path)
    if len(inside) == 1:
        return _of_entry(*inside[0], options)
    if inside:
        names = ', '.join(entry.name for entry, _ in inside)
        raise UsageError(f'{path} holds {names}: name one of them, with --data-root {inside[0][1]}')
    if has_lists(path):
        return Target(str(path), {}, None, path)
    return _of_meshes(path, options)


def _entries_at(path: Path) -> list[tuple[Entry, Path]]:
    """Return the datasets of the catalogue whose folder this is, or that lie in it, with their data root."""
    whole: list[tuple[Entry, Path]] = []
    within: list[tuple[Entry, Path]] = []
    own = path.absolute().parts
    for entry in entries().values():
        for place in entry.places:
            parts = Path(place).parts
            for depth in range(min(len(parts), len(own) - 1), 0, -1):
                root = path.absolute().parents[depth - 1]
                if own[-depth:] == parts[:depth] and (root / place).exists():
                    (whole if depth == len(parts) else within).append((entry, root))
                    break
    if whole:
        return whole[:1]  # ModelNet10 lies in the folder of ModelNet40, which is named first
    return list({entry.name: (entry, root) for entry, root in within}.values())


def _of_meshes(path: Path, options: dict[str, Any]) -> Target:
    """Return the target of a folder of meshes by class, whose splits are folders or else drawn."""
    try:
        found = find_classes(path, str(options.get('objects', 'auto'))).found
    except UsageError as error:
        raise UsageError(
            f'{path} is no pack, no dataset of the catalogue and no folder of lists; and {error}'
        ) from error
    placed = [name for name in PARTS if any(item.part == name for item in found)]
    classes = [item.class_name for item in found]
    drawn = ['train', 'test'] if any(classes.count(name) > 1 for name in set(classes)) else ['all']
    config = {'type': MeshFolder.__name__, 'root': str(path.absolute()), **options}
    return _plain(path, {split: {**config, 'split': split} for split in placed or drawn})
