"""A collection as it was downloaded, as a folder: Debian packages and zip files are unpacked once."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from tqdm import tqdm

from zoo.compat import expand, zoo_home
from zoo.datasets.meshes.files import READ
from zoo.datasets.prepared.arrays import aside
from zoo.datasets.sweethome3d.debian import DAMAGED, package_files
from zoo.errors import UsageError
from zoo.io import reading

KEPT = frozenset({
    *READ, '.ldr', '.mtl', '.bin', '.png', '.jpg', '.jpeg', '.webp', '.tga', '.bmp', '.dds', '.gif', '.json',
    '.config', '.txt', '.md', '',
})  # fmt: skip
"""Endings of what is taken out: meshes, what they name, and words."""

MOST = 16 << 30
"""Bytes of a collection, unpacked."""

BROKEN = tuple(kind for kind in DAMAGED if kind is not OSError)
"""What is wrong with an archive, and not with the disk."""

LARGEST = 64 << 20
"""Bytes of one file that is taken out."""


def as_folder(path: str | Path, name: str) -> Path:
    """Return the folder of a collection; a zip file or Debian package is unpacked into ``$ZOO_HOME/collections``.

    Args:
        path: Folder, zip file or Debian package.
        name: Name of the collection.

    Raises:
        UsageError: It is missing, damaged, too large, or cannot be unpacked there.
    """
    where = expand(path)
    if where.is_dir():
        return where
    if not where.is_file():
        raise UsageError(f'{where} is missing: give the folder, zip file or Debian package of {name}')
    with reading(where):
        stat = where.stat()
    key = hashlib.sha256(f'{where.name} {stat.st_size} {stat.st_mtime_ns}'.encode()).hexdigest()[:16]
    folder = zoo_home() / 'collections' / f'{name}-{key}'
    if folder.is_dir():
        return folder
    members = package_files(where) if where.suffix == '.deb' else _zipped(where)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        making = aside(folder)
        try:
            _write(members, making, f'unpacking {where.name}')
            making.replace(folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    except (*BROKEN, zipfile.BadZipFile) as error:
        raise UsageError(f'{where} is damaged ({error}): fetch it again') from error
    except OSError as error:
        if not folder.is_dir():  # nor has another process done it
            raise UsageError(
                f'cannot unpack {where} to {folder} ({error}): set $ZOO_HOME to a disk with space'
            ) from error
    return folder


def _zipped(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the files of a zip file."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if not member.is_dir():
                    with archive.open(member) as content:
                        yield member.filename, content
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise UsageError(f'{path} cannot be read as a zip file ({error}): fetch it again') from error


def _write(members: Iterator[tuple[str, IO[bytes]]], folder: Path, title: str) -> None:
    """Write what is kept; names that lead out of the folder are left out, as are files that are too large."""
    left = MOST
    for name, content in tqdm(members, desc=title, unit='file', disable=None):
        parts = PurePosixPath(name.replace('\\', '/')).parts
        if '..' in parts or PurePosixPath(name).is_absolute() or PurePosixPath(name).suffix.lower() not in KEPT:
            continue
        data = content.read(LARGEST + 1)
        left -= len(data)
        if left < 0:
            raise UsageError(f'{title}: it holds more than {MOST >> 30} GiB: unpack what is needed and give the folder')
        if len(data) <= LARGEST:
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
