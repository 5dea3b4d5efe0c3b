"""The part of a file that has arrived, and what is known of the whole."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

from zoo.errors import UsageError
from zoo.io import from_json

HEAD = 512
"""Bytes at the start of a file that tell a web page."""


@dataclass(frozen=True)
class Note:
    """What the server said of the file when its first byte came.

    Attributes:
        source: address that it comes from.
        validator: strong ETag or date of change, for ``If-Range``; empty where the server gives neither.
        total: bytes of the whole; 0 where the server did not say.
    """

    source: str = ''
    validator: str = ''
    total: int = 0


class Partial:
    """``NAME.part`` beside the place of the file, with a note ``NAME.part.json``.

    Args:
        target: place of the finished file.
    """

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f'{target.name}.part')
        self._note = target.with_name(f'{target.name}.part.json')

    @property
    def size(self) -> int:
        """Bytes that have arrived."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    @property
    def note(self) -> Note:
        """What is known of the whole; an empty note when nothing is."""
        try:
            found = Note(**from_json(self._note.read_text('utf-8')))
        except (OSError, ValueError, TypeError):
            return Note()
        kinds = (isinstance(found.source, str), isinstance(found.validator, str), isinstance(found.total, int))
        return found if all(kinds) else Note()

    def begin(self, note: Note) -> None:
        """Forget what has arrived and note what comes now."""
        self.path.write_bytes(b'')
        self._note.write_text(json.dumps(asdict(note)), 'utf-8')

    def clear(self) -> None:
        """Leave nothing behind."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self, target: Path) -> None:
        """Give the file its name, its bytes on the disk first: a power cut must not leave a name without content."""
        with self.path.open('rb+') as file:
            os.fsync(file.fileno())
        self.path.replace(target)
        self.clear()

    def head(self) -> bytes:
        """Return the first bytes."""
        with self.path.open('rb') as file:
            return file.read(HEAD)


def check_room(folder: Path, needed: int, spare: int) -> None:
    """Check that the disk has room before anything is written.

    Args:
        folder: folder of the file.
        needed: bytes still to come.
        spare: bytes that stay free.

    Raises:
        UsageError: it has not.
    """
    free = shutil.disk_usage(folder).free
    if free < needed + spare:
        raise UsageError(
            f'{folder} has {free / 1e6:,.0f} MB free, {(needed + spare) / 1e6:,.0f} MB are needed: '
            'make room, or set ZOO_HOME to a folder on another disk'
        )


def is_page(head: bytes) -> bool:
    """Whether a file begins as a web page does."""
    start = head.removeprefix(b'\xef\xbb\xbf').lstrip()[:16].lower()
    return start.startswith((b'<!doctype html', b'<html'))


def why_no_checkpoint(path: Path) -> str:
    """Return why a file is no whole checkpoint, to be read after the name of its source; nothing where it is one.

    Whoever knows no SHA-256 must not remember that of a web page, of a pointer into Git LFS, or of half a file.
    """
    from safetensors import SafetensorError, safe_open

    from zoo.tensors import read_checkpoint

    with path.open('rb') as file:
        head = file.read(HEAD)
    try:
        if head.startswith(b'PK'):
            with zipfile.ZipFile(path) as archive:
                broken = archive.testzip()
            return f'gives an archive whose {broken} is broken' if broken else ''
        if head.startswith(b'\x80'):  # a pickle, in which torch before 1.6 kept tensors
            read_checkpoint(path)
            return ''
        if head[8:9] == b'{':
            with safe_open(path, 'pt'):
                return ''
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
        return f'gives {path.stat().st_size:,} bytes of an archive that is not whole ({error})'
    except (SafetensorError, UsageError) as error:
        return f'gives {path.stat().st_size:,} bytes that are not whole ({error})'
    start = head[:60].decode('ascii', 'replace').split('\n')[0]
    return 'gives no checkpoint' + (f' but a file that begins with {start!r}' if start.isprintable() else '')
