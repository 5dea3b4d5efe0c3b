"""Folders of arrays that are written once and mapped into memory ever after."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo.arrays import load_npy, load_npz, map_npy
from zoo.io import reading


class RowsFile:
    """An .npy file of known shape, written from front to back.

    A full disk is an ``OSError`` here; in a mapped file it is a signal that ends the process.

    Args:
        path: The file.
        shape: Shape of the whole array.
        dtype: Type of the whole array; rows of another type are converted.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self._file = path.open('wb')
        header = {'descr': np.lib.format.dtype_to_descr(dtype), 'fortran_order': False, 'shape': shape}
        np.lib.format.write_array_header_1_0(self._file, header)

    def append(self, rows: NDArray[Any]) -> None:
        """Write the next rows."""
        self._file.write(np.ascontiguousarray(rows, self.dtype).reshape(-1).view(np.uint8).data)

    def __enter__(self) -> RowsFile:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file, after everything is on the disk unless something went wrong."""
        with self._file:
            if error[0] is None:
                self._file.flush()
                os.fsync(self._file.fileno())


def map_array(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Map one array of known shape and type; an empty one, which cannot be mapped, is read.

    Raises:
        OSError: There is no such file.
        ValueError: It holds something else, or is cut off.
    """
    array = map_npy(path) if np.prod(shape) else load_npy(path)
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f'{path} holds {array.dtype} {array.shape}, not {dtype} {shape}')
    return array


def read_npz(path: Path, keys: Sequence[str] | None = None) -> dict[str, NDArray[Any]] | None:
    """Read arrays of an .npz file that this project has written; None when one is missing or damaged.

    Args:
        path: The file.
        keys: Names of the arrays; all by default.

    Raises:
        UnreadableError: There is no permission.
    """
    try:
        with reading(path), load_npz(path) as file:
            return {key: file[key] for key in keys or file.files}
    except (OSError, ValueError, KeyError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error):
        return None


def stamps(files: Iterable[Path]) -> dict[str, list[int]]:
    """Return size and time of files, by name."""
    return {path.name: [stat.st_size, stat.st_mtime_ns] for path in files for stat in (path.stat(),)}


def aside(folder: Path) -> Path:
    """Make a new folder beside one, open to whom the umask lets in, to move things to or from in one step."""
    made = folder.with_name(f'{folder.name}.{uuid.uuid4().hex[:12]}.tmp')
    made.mkdir()
    return made


def discard(folder: Path) -> None:
    """Remove a folder: out of the way in one step first, so that nobody meets one half of it."""
    grave = aside(folder)
    with contextlib.suppress(FileNotFoundError):  # somebody else has done it
        folder.replace(grave)
    shutil.rmtree(grave, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what a kill in the middle of ``discard(folder)`` has left."""
    for path in folder.parent.iterdir():
        if path.name.startswith(f'{folder.name}.') and path.name.endswith('.tmp'):
            shutil.rmtree(path, ignore_errors=True)
