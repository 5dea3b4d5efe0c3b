"""Where the furniture is: in packages, in catalogue files, in folders, or installed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from zoo.compat import data_root, expand
from zoo.datasets.sweethome3d.catalogue import Archive, Entry, read_entries
from zoo.datasets.sweethome3d.debian import CATALOGUES, Copyright, parse_copyright, unpack
from zoo.errors import UsageError
from zoo.io import walk

INSTALLED = Path('/usr/share/sweethome3d')
"""Where the Debian packages put their catalogues."""

HOW_TO_GET = (
    'run "apt-get download sweethome3d-furniture sweethome3d" in the folder sweethome3d of $ZOO_DATA (no rights are '
    'needed), or "apt install" the two, or give files=[...]: .deb, .sh3f or .jar files, or a folder of them'
)

NOT_STATED = 'not stated'

_SPELLINGS = {'CC-BY-3.0-USA': 'CC-BY-3.0-US'}
"""Short names of Debian that others spell differently."""


@dataclass(frozen=True)
class Catalogue:
    """A table of furniture and what holds for all of it.

    Attributes:
        archive: The catalogue file on disk.
        label: Its name in messages.
        copyright: Statements of the package, for all of its files.
        about: ``name``, ``version``, ``license``, ``provider`` and so on, as the table has them.
        notice: The file LICENSE.TXT of the archive, empty where there is none.
        entries: The pieces.
    """

    archive: Path
    label: str
    copyright: Copyright
    about: dict[str, str]
    notice: str
    entries: list[Entry]

    def licence(self, entry: Entry) -> tuple[str, str]:
        """Return licence and holder of the copyright of a piece, from whoever says it first, in this order.

        The table for this piece, the package for its file, the table for all. Where none does, the licence is
        'not stated'.
        """
        member = entry.model.lstrip('/')
        found = self.copyright.find(f'{Path(self.label).stem}/{member}', f'src/{member}', member)
        if entry.licence:
            return short_name(entry.licence), found[1] if found else ''
        if found:
            return _SPELLINGS.get(found[0], found[0]), found[1]
        return short_name(self.about.get('license', '')), ''


def short_name(statement: str) -> str:
    """Return the short name of a licence that a sentence names; the sentence itself where that is not plain."""
    plain = ' '.join(statement.split())
    words = plain.lower()
    names = []
    if re.search(r'\bcc-?0\b|creative commons zero', words):
        names.append('CC0')
    match = re.search(r'(?:\bcc[- ]by|attribution)(?![- ](?:n[cd]|sa)\b)[- ]?(\d\.\d)?', words)
    if match and match[1] and not re.search(r'non-?commercial|no-?deriv|share-?alike', words):
        names.append(f'CC-BY-{match[1]}' + ('-US' if 'united states' in words else ''))
    if re.search(r'\bl?gpl\b|general public license', words):
        names.append('')  # which version is not plain
    return names[0] if len(names) == 1 and names[0] else plain or NOT_STATED


def find_files(files: Iterable[str | Path] | None) -> list[Path]:
    """Return the packages and catalogue files to read.

    Args:
        files: Packages, catalogue files and folders of them. None looks into ``sweethome3d`` of the data root, then for
            the installed packages.

    Raises:
        UsageError: There is none.
    """
    if files is None:
        kept = data_root() / 'sweethome3d'
        found = [*_in_folder(kept), *([] if list(_in_folder(kept)) else _in_folder(INSTALLED))]
        if not found:
            raise UsageError(f'SweetHome3D: neither {kept.absolute()} nor {INSTALLED} holds furniture: {HOW_TO_GET}')
        return found
    if isinstance(files, str | Path):
        files = [files]
    found = []
    for path in (expand(file) for file in files):
        inside = list(_in_folder(path)) if path.is_dir() else [path]
        if not inside or not inside[0].is_file():
            raise UsageError(f'SweetHome3D: {path} is no file and no folder with furniture: {HOW_TO_GET}')
        found += inside
    return found


def _in_folder(folder: Path) -> Iterator[Path]:
    """Yield the packages and catalogue files below a folder, which may be an unpacked package."""
    if folder.is_dir():
        endings = ('.deb', *CATALOGUES)
        found = (Path(place) / file for place, _, files in walk(folder) for file in files)
        yield from sorted(path for path in found if path.suffix.lower() in endings)


def open_catalogues(files: list[Path], temporary: Path) -> list[Catalogue]:
    """Open every catalogue; those of packages are taken out first.

    Args:
        files: Files of ``find_files``.
        temporary: Folder for them, until the models have been read.

    Raises:
        UsageError: A file is damaged, or none has furniture.
    """
    catalogues = []
    for number, path in enumerate(files):
        if path.suffix.lower() != '.deb':
            catalogues += _catalogues(path, path.name, _nearby_copyright(path), needed=path.suffix.lower() == '.sh3f')
            continue
        folder = temporary / str(number)
        folder.mkdir(parents=True)
        package = unpack(path, folder)
        rights = parse_copyright(package.copyright)
        for name, file in package.catalogues.items():
            catalogues += _catalogues(file, f'{path.name}/{name}', rights, needed=name.lower().endswith('.sh3f'))
    if not any(catalogue.entries for catalogue in catalogues):
        raise UsageError(f'SweetHome3D: {files[0]} and the like hold no furniture: {HOW_TO_GET}')
    return catalogues


def _catalogues(path: Path, label: str, rights: Copyright, *, needed: bool) -> list[Catalogue]:
    """Read the tables of an archive; a .jar may have none."""
    archive = Archive(path, label)
    tables = archive.tables()
    if needed and not tables:
        raise UsageError(f'{label} has no table of furniture (PluginFurnitureCatalog.properties): fetch it again')
    try:
        notice = archive.read('LICENSE.TXT').decode('utf-8', errors='replace')
    except FileNotFoundError:
        notice = ''
    return [Catalogue(path, label, rights, *_read(archive, table, notice)) for table in tables]


def _read(archive: Archive, table: str, notice: str) -> tuple[dict[str, str], str, list[Entry]]:
    about, entries = read_entries(archive, table)
    return about, notice, entries


def _nearby_copyright(path: Path) -> Copyright:
    """Return what the package of an installed or unpacked catalogue says: the one that speaks of it by name.

    Packages put their catalogues into ``share/sweethome3d`` and their copyright files into ``share/doc/<package>``.
    """
    share = next((folder for folder in path.absolute().parents if folder.name == 'share'), None)
    texts = sorted(share.glob('doc/sweethome3d*/copyright')) if share else []
    rights = [(text.parent.name, parse_copyright(text.read_text('utf-8', errors='replace'))) for text in texts]
    for _, candidate in rights:
        if any(pattern.startswith(f'{path.stem}/') for patterns, _, _ in candidate.paragraphs for pattern in patterns):
            return candidate
    return next((candidate for name, candidate in rights if name == path.stem), Copyright())
