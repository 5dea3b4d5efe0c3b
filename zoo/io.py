"""Files: written whole, told apart by their content, held by one process at a time. The only place for each."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import platform
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from zoo.errors import UnreadableError, UsageError

if TYPE_CHECKING:
    from torch import Tensor

UNFINISHED = '.unfinished'
"""Ending of a file that is being written; its name begins with a dot. Only a killed writer leaves one behind."""

DAY = 86_400.0

OTHER = (None, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EINVAL)
"""Errors in reading that come from what lies there: nothing, a folder, an offset of a damaged file out of bounds."""


@contextlib.contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Give a place to write to that becomes ``path`` in one step at the end, or vanishes if that is not reached.

    Readers see the old file or the new one, also after a power cut. The folder must exist. Permissions follow the
    umask.

    Raises:
        OSError: the file cannot be written; always with ``errno``, ``strerror`` and ``path`` as ``filename``.
    """
    path = Path(path)
    temporary = path.with_name(f'.{path.name}.{uuid.uuid4().hex[:12]}{UNFINISHED}')
    try:
        with _held(temporary) as descriptor:
            yield temporary
            # Without this a power cut may leave the new name with no content.
            os.fsync(descriptor)
            temporary.replace(path)
        with contextlib.suppress(OSError):  # some file systems cannot sync a folder
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        # numpy reports a short write, which is a full disk, by text alone.
        raise OSError(error.errno or errno.ENOSPC, error.strerror or str(error), str(path)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_whole(path: str | Path, content: bytes | str | Callable[[BinaryIO], object]) -> None:
    """Write a file in one step (see :func:`whole`); its folder is made.

    Args:
        path: the file.
        content: bytes, text (written as UTF-8), or a function that writes to the open file.

    Raises:
        OSError: the file cannot be written; always with ``errno``, ``strerror`` and ``path`` as ``filename``.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as temporary, temporary.open('wb') as file:
        if callable(content):
            try:
                content(file)
            except RuntimeError as error:
                # torch.save closes its archive although the disk is full, and complains about that.
                raise error.__context__ if isinstance(error.__context__, OSError) else error from None
        else:
            file.write(content.encode() if isinstance(content, str) else content)


def write_tensors(path: str | Path, tensors: Mapping[str, Tensor], header: Mapping[str, str]) -> None:
    """Write a ``.safetensors`` file as :func:`write_whole` does; equal content makes equal files.

    Args:
        path: the file.
        tensors: contiguous ones on the CPU.
        header: strings to put into its header.

    Raises:
        OSError: as of :func:`write_whole`.
    """
    from safetensors.torch import save

    content = save(dict(tensors), metadata=dict(header))
    size = 8 + int.from_bytes(content[:8], 'little')
    # The library writes the strings in random order, and the same weights would have another hash each time.
    words = json.dumps(json.loads(content[8:size]), sort_keys=True, ensure_ascii=False, separators=(',', ':')).encode()
    words += b' ' * (-len(words) % 8)
    write_whole(path, len(words).to_bytes(8, 'little') + words + content[size:])


def sweep(folder: str | Path) -> int:
    """Remove what killed writers left below ``folder``; a living one holds a lock on its file.

    Returns:
        Number of files removed.
    """
    removed = 0
    for path in Path(folder).rglob(f'.*{UNFINISHED}'):
        # Another process may sweep, or finish writing, at the same time; the folder may belong to somebody else.
        with contextlib.suppress(OSError), path.open('rb') as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            except OSError:  # a file system without locks
                if time.time() - path.stat().st_mtime < DAY:
                    continue
            # Another sweep may have removed this file before the lock, and a writer have made one of its name since.
            if still_names(path, file.fileno()):
                path.unlink()
                removed += 1
    return removed


def file_hash(path: str | Path) -> str:
    """Return the SHA-256 of a file as a hex digest."""
    with Path(path).open('rb') as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextlib.contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """Tell a file or folder that cannot be read from one that is missing or damaged, which raises what it raises.

    Raises:
        UnreadableError: there is no permission, or the disk does not give it.
    """
    try:
        yield
    except OSError as error:
        if error.errno in OTHER:
            raise
        raise UnreadableError(
            f'{error.filename or path} cannot be read ({error.strerror}) and is left as it is: ask its owner for the '
            'right to read it (chmod -R a+rX FOLDER), or use another folder, with $ZOO_HOME for what is kept'
        ) from error


def walk(folder: str | Path, *, follow: bool = False) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk as ``os.walk`` does, which would pass over a folder that may not be read.

    Args:
        folder: folder to begin in.
        follow: links to folders, too.

    Raises:
        UnreadableError: a folder cannot be read.
    """

    def refuse(error: OSError) -> None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), reading(folder):
            raise error

    yield from os.walk(folder, onerror=refuse, followlinks=follow)


def from_json(text: str | bytes, **options: Any) -> Any:
    """Read JSON that may have been written by anybody.

    Args:
        text: the JSON.
        options: options of :func:`json.loads`.

    Raises:
        ValueError: it is none, or nested more deeply than a reader can follow.
    """
    try:
        return json.loads(text, **options)
    except RecursionError as error:
        raise ValueError('it is nested too deeply') from error


@contextlib.contextmanager
def named(path: str | Path) -> Iterator[None]:
    """Let an error of the system that names no file name this one, or this folder.

    Raises:
        OSError: what was raised within.
    """
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise


def still_names(path: Path, descriptor: int) -> bool:
    """Say whether a path names an open file, which another process may have removed before it was locked."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def claimed(path: Path, what: str) -> Iterator[None]:
    """Hold a file for this process alone, while something is done that two processes cannot do in one folder.

    The system frees the claim of a process that dies, whatever its children do. On a file system without locks
    nothing is held.

    Args:
        path: the file; it says who holds it, and vanishes at the end.
        what: word for what is done, for the message of another process that wants to.

    Raises:
        UsageError: another process holds it.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            with contextlib.suppress(OSError):
                try:
                    fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except (BlockingIOError, PermissionError) as error:
                    holder = os.pread(descriptor, 200, 0).decode(errors='replace').strip() or 'another process'
                    raise UsageError(
                        f'{path.parent}: {what} by {holder}: wait for its end, or choose another folder'
                    ) from error
            if not still_names(path, descriptor):
                continue  # it vanished between its opening and the lock
            try:
                since = time.strftime('%Y-%m-%d %H:%M:%S')
                with named(path):
                    os.ftruncate(descriptor, 0)
                    os.pwrite(descriptor, f'process {os.getpid()} on {platform.node()} since {since}'.encode(), 0)
                yield
            finally:
                path.unlink(missing_ok=True)
            return
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _held(path: Path) -> Iterator[int]:
    """Create a file and hold its lock, which tells :func:`sweep` that the writer lives; yield its descriptor."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Swept away between its creation and the lock: begin anew.
            if still_names(path, descriptor):
                yield descriptor
                return
        finally:
            os.close(descriptor)
