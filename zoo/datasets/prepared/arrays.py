"""Folders of arrays that are written once and mapped into memory ever after."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class RowsFile:
    """An .npy file of known shape, written from front to back.

    A full disk is an ``OSError`` here; in a mapped file it is a signal that ends the process.

    Args:
        path: The file.
        shape: Of the whole array.
        dtype: Of the whole array; rows of another type are converted.
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
    array: NDArray[Any] = np.load(path, mmap_mode='r' if np.prod(shape) else None, allow_pickle=False)
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f'{path} holds {array.dtype} {array.shape}, not {dtype} {shape}')
    return array


def stamps(files: Iterable[Path]) -> dict[str, list[int]]:
    """Return size and time of files, by name."""
    return {path.name: [stat.st_size, stat.st_mtime_ns] for path in files for stat in (path.stat(),)}


def discard(folder: Path) -> None:
    """Remove a folder: out of the way in one step first, so that nobody meets one half of it."""
    grave = Path(tempfile.mkdtemp(prefix=f'{folder.name}.', suffix='.tmp', dir=folder.parent))
    with contextlib.suppress(FileNotFoundError):  # somebody else has done it
        folder.replace(grave)
    shutil.rmtree(grave, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what a kill in the middle of ``discard(folder)`` has left."""
    for path in folder.parent.iterdir():
        if path.name.startswith(f'{folder.name}.') and path.name.endswith('.tmp'):
            shutil.rmtree(path, ignore_errors=True)
