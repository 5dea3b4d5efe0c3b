"""An append-only file of JSON lines, compressed: every append is one gzip member, so that ``zcat`` and pandas read it.

Many processes may append and read at once. A writer that is killed leaves a piece of a member at the end, which the
next writer removes; a damaged member is left out and said, and those behind it are read.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import gzip
import itertools
import logging
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from io import FileIO
from pathlib import Path

from zoo.io import named, still_names, write_whole

HEAD = b'\x1f\x8b\x08'
"""How a member begins."""

STEP = 1 << 16
LONGEST = 1 << 28
"""Bytes that a member may hold; no more is unpacked."""

TOGETHER = 500
"""Lines of one member where a whole file is written at once."""


@functools.cache
def warn_once(text: str) -> None:
    """Warn of something, once in a process however often it is met."""
    logging.getLogger(__name__).warning('%s', text)


class Lines:
    """A file of lines.

    Attributes:
        path: place of the file, which need not be there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file, self._end = (0, 0), 0

    def append(self, line: str) -> None:
        """Write a line at the end, whole or not at all.

        Raises:
            OSError: it cannot be written; the file is then as it was.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(self.path, 'a+') as file:
            begin = self._end if self._is_known(file) else 0
            file.seek(begin)
            # What a killed writer has left at the end goes away.
            end = begin + max((stop for _, stop, text in members(file.readall()) if text is not None), default=0)
            content = _packed([line])
            try:
                file.truncate(end)
                while content:
                    content = content[os.write(file.fileno(), content) :]
                os.fsync(file.fileno())
            except OSError:
                file.truncate(end)
                raise

    def read(self) -> tuple[bool, list[str]]:
        """What was written since the last call: whether the file is another one, and the lines.

        Raises:
            OSError: the file cannot be read.
        """
        try:
            with _locked(self.path, 'r') as file:
                status, other = os.fstat(file.fileno()), not self._is_known(file)
                begin = 0 if other else self._end
                file.seek(begin)
                content = file.readall()
        except FileNotFoundError:
            other, self._file, self._end = self._file != (0, 0), (0, 0), 0
            return other, []
        self._file, self._end = (status.st_dev, status.st_ino), begin
        return other, self._texts(content)

    def rewrite(self, change: Callable[[list[str]], Iterable[str]]) -> None:
        """Put other lines in the place of all, in one step.

        Args:
            change: makes the new lines of the old ones.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(self.path, 'a+') as file:
            file.seek(0)
            self._end = 0
            write_whole(self.path, _packed(change(self._texts(file.readall()))))

    def _texts(self, content: bytes) -> list[str]:
        """Lines of what follows the last end; what is damaged is said."""
        found, begin = [], self._end
        for start, stop, text in members(content):
            if text is None:
                warn_once(f'{self.path} is damaged at byte {begin + start}: what stood there counts as not done')
            else:
                found += text.decode('utf-8', 'replace').splitlines()
                self._end = begin + stop
        return found

    def _is_known(self, file: FileIO) -> bool:
        """Whether an open file is the one that was read, with more at its end."""
        status = os.fstat(file.fileno())
        return self._file == (status.st_dev, status.st_ino) and status.st_size >= self._end


def members(content: bytes) -> Iterator[tuple[int, int, bytes | None]]:
    """Begin, end and text of the pieces of a file; no text where one is damaged."""
    at = 0
    while at < len(content):
        stop, text = _unpacked(content, at)
        if text is None:
            # Up to the next beginning behind which there is a whole member.
            stop = content.find(HEAD, at + 1)
            while stop != -1 and _unpacked(content, stop)[1] is None:
                stop = content.find(HEAD, stop + 1)
            stop = len(content) if stop == -1 else stop
        yield at, stop, text
        at = stop


def _unpacked(content: bytes, at: int) -> tuple[int, bytes | None]:
    """End and text of the member that begins at a place; no text where there is no whole one."""
    stream, parts, size = zlib.decompressobj(wbits=31), [], 0
    try:
        while not stream.eof and at < len(content) and size < LONGEST:
            # In steps: what follows the member would be copied once for each.
            piece = content[at : at + STEP]
            parts.append(stream.decompress(piece, LONGEST))
            at += len(piece) - len(stream.unused_data)
            size += len(parts[-1])
    except zlib.error:
        return at, None
    return at, b''.join(parts) if stream.eof else None


def _packed(lines: Iterable[str]) -> bytes:
    """Members of some lines each; equal lines make equal bytes."""
    rest, made = iter(lines), []
    while some := list(itertools.islice(rest, TOGETHER)):
        made.append(gzip.compress(''.join(f'{line}\n' for line in some).encode(), mtime=0))
    return b''.join(made)


@contextlib.contextmanager
def _locked(path: Path, mode: str) -> Iterator[FileIO]:
    """Open a file: to read with other readers, or for this process alone with ``a+``, which makes it."""
    while True:
        with named(path), FileIO(path, mode) as file:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(file, fcntl.LOCK_SH if mode == 'r' else fcntl.LOCK_EX)
            if still_names(path, file.fileno()):
                yield file
                return
