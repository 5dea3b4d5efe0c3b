"""Official files of class names against the names the readers use: their order decides what a label means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from zoo.datasets.catalogue.lists import read_names, walk
from zoo.datasets.catalogue.report import Report, few
from zoo.datasets.layouts.modelnet_names import MODELNET10, MODELNET40
from zoo.datasets.layouts.scanobjectnn import CLASSES as SCANOBJECTNN
from zoo.datasets.layouts.shapenetpart_names import SYNSETS
from zoo.datasets.storage import read_json
from zoo.datasets.synsets import SHAPENET55
from zoo.errors import UsageError


@dataclass(frozen=True)
class NameFile:
    """A file of class names.

    Attributes:
        dataset: Name of the dataset whose classes it lists.
        file: Name of the file.
        entries: Its content, one text a class, in the order of the labels where the file has one.
        read: Function that reads such a file as these texts.
        folders: Names of the folders it lies in; any, if empty.
    """

    dataset: str
    file: str
    entries: tuple[str, ...]
    read: Callable[[Path], list[str]]
    folders: tuple[str, ...] = ()


def _read_table(path: Path) -> list[str]:
    """Read lines of a name and its synset."""
    return sorted(' '.join(line.split()) for line in read_names(path))


def _read_synsets(path: Path) -> list[str]:
    """Read an object of synsets and names."""
    table = read_json(path.absolute())
    if not isinstance(table, dict):
        raise UsageError(f'{path} must be an object of synsets and names: fetch it again')
    return sorted(f'{synset} {name}' for synset, name in table.items())


FILES = (
    NameFile('modelnet40', 'modelnet40_shape_names.txt', tuple(MODELNET40), read_names),
    NameFile('modelnet40', 'shape_names.txt', tuple(MODELNET40), read_names, ('modelnet40_ply_hdf5_2048',)),
    NameFile('modelnet10', 'modelnet10_shape_names.txt', tuple(MODELNET10), read_names),
    NameFile('scanobjectnn', 'ScanObjectNN_shape_names.txt', SCANOBJECTNN, read_names),
    NameFile(
        'shapenet55',
        'shapenet_synset_dict.json',
        tuple(sorted(f'{synset} {name}' for synset, name in SHAPENET55.items())),
        _read_synsets,
    ),
    NameFile(
        'shapenetpart',
        'synsetoffset2category.txt',
        tuple(sorted(f'{name} {synset}' for name, synset in SYNSETS.items())),
        _read_table,
    ),
)


def locate_class_names(folder: Path) -> list[tuple[NameFile, Path]]:
    """Return the files of class names in or below a folder."""
    return [
        (known, place / known.file)
        for place, present in walk(folder)
        for known in FILES
        if known.file in present and (not known.folders or place.name in known.folders)
    ]


def check_class_names(folder: Path, report: Report, only: str | None = None) -> None:
    """Compare every file of class names in or below a folder with the names in use.

    A file that differs is 'failed'; one that has nothing in common is another file of the same name, which is a
    'warning'; one that cannot be read is 'damaged'.

    Args:
        folder: Folder that is searched.
        report: Report that takes the findings.
        only: The dataset whose names are checked; all by default.
    """
    for known, path in locate_class_names(folder):
        if only in (None, known.dataset):
            _check(known, path, report)


def _check(known: NameFile, path: Path, report: Report) -> None:
    try:
        entries = tuple(known.read(path))
    except UsageError as error:
        report.add('damaged', known.dataset, str(error))
        return
    if entries == known.entries:
        report.add('ok', known.dataset, f'{len(entries)} class names, as published ({path})')
    elif not set(entries) & set(known.entries):
        text = f'{path} is not the official file: it has {few(entries)} and none of the {len(known.entries)} classes'
        report.add('warning', known.dataset, f'{text}; the names in use are those of this program')
    else:
        strange = [entry for entry in entries if entry not in known.entries]
        lacking = [entry for entry in known.entries if entry not in entries]
        texts = [f'{few(strange)} not published'] if strange else []
        texts += [f'{few(lacking)} missing'] if lacking else []
        text = '; '.join(texts) or 'the published names in another order, which changes what labels mean'
        report.add('failed', known.dataset, f'{path} differs: {text}')
