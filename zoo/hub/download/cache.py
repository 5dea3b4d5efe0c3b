"""Place of a file in the cache, and what is remembered of its content."""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from zoo.compat import zoo_home
from zoo.errors import UsageError
from zoo.hub.download.partial import why_no_checkpoint
from zoo.hub.download.weight_file import WeightFile
from zoo.io import file_hash, from_json, reading, write_whole

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Memory:
    """What is known of a file that arrived once.

    Attributes:
        sha256: SHA-256 of its content.
        bytes: its length.
        changed: time of its last change in ns; another one means that the content has to be looked at again.
        source: address that it came from.
        date: when it came, ISO 8601.
    """

    sha256: str
    bytes: int
    changed: int
    source: str = ''
    date: str = ''


class Place:
    """``$ZOO_HOME/weights/KEY/NAME`` with its memory ``NAME.json``; the memory outlives the file.

    Args:
        file: wanted file.
        cache: root instead of ``$ZOO_HOME``.
        again: the content may be another one than at the first download.
    """

    def __init__(self, file: WeightFile, cache: Path | None = None, *, again: bool = False) -> None:
        root = (cache or zoo_home()) / 'weights'
        self.file, self.again = file, again
        self.folder = root / file.key
        self.path = self.folder / file.file_name
        self.note = self.folder / f'{file.file_name}.json'
        self._lock = root / '.locks' / f'{file.key}.lock'

    @property
    def memory(self) -> Memory | None:
        """What is remembered, or None.

        Raises:
            UnreadableError: the note may not be read.
        """
        try:
            with reading(self.note):
                found = Memory(**from_json(self.note.read_text('utf-8')))
        except (OSError, ValueError, TypeError):
            return None
        return found if isinstance(found.sha256, str) and isinstance(found.bytes, int) else None

    @property
    def expected(self) -> str:
        """SHA-256 that the content must have: the publisher's, else that of the first download, else nothing."""
        memory = None if self.again else self.memory
        return self.file.sha256 or (memory.sha256 if memory else '')

    def holds(self, *, verify: bool = False) -> bool:
        """Whether the file is there and what it should be; reads it only when it has changed since, or when asked to.

        Raises:
            UsageError: it is there and cannot be read.
        """
        try:
            with reading(self.path):
                found = self.path.stat()
                self.path.open('rb').close()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except IsADirectoryError as error:
            raise UsageError(f'{self.path} cannot be read, it is a folder: move it away') from error
        memory = self.memory
        known = memory is not None and (memory.bytes, memory.changed) == (found.st_size, found.st_mtime_ns)
        if known and memory and not verify and self.file.sha256 in ('', memory.sha256):
            return True
        with reading(self.path):
            sha256 = file_hash(self.path)
        # Where nobody knows the content, at least nothing else is taken for it.
        if sha256 != self.expected and (self.expected or why_no_checkpoint(self.path)):
            return False
        # A cache of others may be read only: then the file is read each time.
        with contextlib.suppress(OSError):
            self.remember(sha256, memory.source if memory else 'put there by hand')
        return True

    def remember(self, sha256: str, source: str) -> None:
        """Note what has arrived, the file being in its place."""
        found = self.path.stat()
        today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        memory = Memory(sha256, found.st_size, found.st_mtime_ns, source, today)
        write_whole(self.note, json.dumps(asdict(memory), indent=1) + '\n')

    def forget(self) -> None:
        """Remove the file and what is remembered of it."""
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(self, waiting: str) -> Iterator[None]:
        """Let one process at a time fetch this file; a folder in which nothing lies at the end is removed.

        The system frees the lock of a process that was killed.

        Args:
            waiting: message, given once, when another process is at work.

        Raises:
            UsageError: the cache cannot be written, or lies on a file system without locks.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self._lock)
        way_out = 'set ZOO_HOME to a folder that can be written'
        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=1)
            except Timeout:
                logger.warning(waiting)
                lock.acquire()
        except (OSError, NotImplementedError) as error:
            raise UsageError(f'{self.folder} cannot be written ({error}): {way_out}') from error
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            yield
        finally:
            # Still under the lock: the next holder makes the folder anew.
            with contextlib.suppress(OSError):
                self.folder.rmdir()
            lock.release()
