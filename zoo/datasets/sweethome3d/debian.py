"""Debian packages: the files they hold, and what their copyright file says of each."""

from __future__ import annotations

import fnmatch
import functools
import io
import lzma
import re
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from zoo.errors import UsageError

MAGIC = b'!<arch>\n'
HEADER = 60
LARGEST = 1 << 30
"""Bytes of the largest file that is taken out of a package."""

DAMAGED = (OSError, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError)
"""What damaged packages provoke."""

COPYRIGHT = r'usr/share/doc/[^/]+/copyright'
"""Where a package says who holds the rights."""

CATALOGUES = ('.sh3f', '.jar')
"""Endings of files that hold furniture."""


@dataclass(frozen=True)
class Copyright:
    """A file ``debian/copyright`` in the machine-readable format, version 1.0.

    Attributes:
        paragraphs: Patterns of files, holder and short name of the licence, in the order of the file.
    """

    paragraphs: tuple[tuple[tuple[str, ...], str, str], ...] = ()

    @functools.cached_property
    def _patterns(self) -> tuple[dict[str, int], list[tuple[re.Pattern[str], int]]]:
        """The last paragraph of every plain name; and the others, of which there are few, with theirs."""
        pairs = [(name, place) for place, (names, _, _) in enumerate(self.paragraphs) for name in names]
        wild = [(re.compile(fnmatch.translate(name)), place) for name, place in pairs if set(name) & set('*?[')]
        return dict(pairs), wild

    def find(self, *names: str) -> tuple[str, str] | None:
        """Return licence and holder of a file by any of its names; as the format says, the last match counts."""
        exact, wild = self._patterns
        places = [exact[name] for name in names if name in exact]
        places += [place for pattern, place in wild if any(map(pattern.match, names))]
        if not places:
            return None
        _, holder, licence = self.paragraphs[max(places)]
        return licence, holder


def parse_copyright(text: str) -> Copyright:
    """Read the paragraphs that say what holds for which files."""
    found = []
    for block in re.split(r'\n\s*\n', text.replace('\r\n', '\n')):
        fields: dict[str, str] = {}
        key = ''
        for line in block.split('\n'):
            if line[:1] in (' ', '\t'):
                fields[key] = f'{fields.get(key, "")}\n{line.strip()}'
            elif ':' in line:
                key, _, value = line.partition(':')
                key = key.strip().lower()
                fields[key] = value.strip()
        if 'files' in fields and 'license' in fields:
            holder = '; '.join(
                ' '.join(line.split()) for line in fields.get('copyright', '').split('\n') if line.strip()
            )
            licence = fields['license'].split('\n')[0].strip()
            found.append((tuple(fields['files'].split()), holder, licence))
    return Copyright(tuple(found))


@dataclass(frozen=True)
class Unpacked:
    """Files of a package that were taken out: catalogues by their paths in it, and the text about copyright."""

    catalogues: dict[str, Path]
    copyright: str


def unpack(deb: Path, folder: Path) -> Unpacked:
    """Take the catalogues out of a package.

    Nothing is written but files that are numbered here, into the given folder, whatever names the package has.

    Args:
        deb: The package.
        folder: Folder for the files.

    Raises:
        UsageError: It is no package, it is damaged, or it is packed in a way that cannot be read here.
    """
    catalogues: dict[str, Path] = {}
    copyright_text = ''
    try:
        for name, content in package_files(deb):
            if name.lower().endswith(CATALOGUES):
                target = folder / f'{len(catalogues):03d}{Path(name).suffix.lower()}'
                with target.open('wb') as out:
                    shutil.copyfileobj(content, out)
                catalogues[name] = target
            elif re.fullmatch(COPYRIGHT, name):
                copyright_text = content.read().decode('utf-8', errors='replace')
    except DAMAGED as error:
        raise UsageError(f'{deb} cannot be read as a Debian package ({error}): fetch it again') from error
    return Unpacked(catalogues, copyright_text)


def package_files(deb: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the regular files of a package, in its order, each to be read before the next is asked for.

    To read one may raise what ``DAMAGED`` holds.

    Raises:
        UsageError: It is no package, it is damaged, or it is packed in a way that cannot be read here.
    """
    try:
        with deb.open('rb') as file, _data(deb, file) as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() and member.size <= LARGEST else None
                if content is not None:
                    yield member.name.removeprefix('./'), content
    except DAMAGED as error:
        raise UsageError(f'{deb} cannot be read as a Debian package ({error}): fetch it again') from error


@contextmanager
def _data(deb: Path, file: IO[bytes]) -> Iterator[tarfile.TarFile]:
    """Open the archive with the files of a package."""
    name, size = _seek_data(deb, file)
    if name.endswith('.zst'):  # Ubuntu packs like this; Python learns it with 3.14
        with _dpkg(deb) as stream, tarfile.open(fileobj=stream, mode='r|') as tar:
            yield tar
        return
    packing = {'.tar': '', '.gz': 'gz', '.xz': 'xz', '.bz2': 'bz2', '.lzma': 'xz'}.get(Path(name).suffix)
    if packing is None:
        raise UsageError(
            f'{deb} holds {name}, which cannot be read here: unpack it with dpkg-deb -x and give the folder'
        )
    with tarfile.open(fileobj=_Slice(file, size), mode=f'r|{packing}') as tar:  # type: ignore[call-overload]
        yield tar


@contextmanager
def _dpkg(deb: Path) -> Iterator[IO[bytes]]:
    """Let dpkg unpack."""
    program = shutil.which('dpkg-deb')
    if program is None:
        raise UsageError(
            f'{deb} is packed with zstd, for which dpkg-deb is needed: unpack it elsewhere, give the folder'
        )
    with subprocess.Popen([program, '--fsys-tarfile', str(deb)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.kill()


def _seek_data(deb: Path, file: IO[bytes]) -> tuple[str, int]:
    """Go to where the member ``data.tar.*`` of a package begins; return its name and size."""
    if file.read(len(MAGIC)) != MAGIC:
        raise UsageError(f'{deb} is no Debian package: fetch it again')
    while len(header := file.read(HEADER)) == HEADER:
        name, digits = header[:16].decode('latin-1').strip().rstrip('/'), header[48:58].strip()
        if header[58:] != b'`\n' or not digits.isdigit():
            break
        if name.startswith('data.tar'):
            return name, int(digits)
        file.seek(int(digits) + int(digits) % 2, io.SEEK_CUR)
    raise UsageError(f'{deb} is damaged, it has no member data.tar: fetch it again')


class _Slice(io.RawIOBase):
    """The next bytes of a file as a file of its own."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        super().__init__()
        self._file, self._left = file, size

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        count = self._left if size < 0 else min(size, self._left)
        data = self._file.read(count)
        self._left -= len(data)
        return data
