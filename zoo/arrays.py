"""Files of numpy, read when their headers claim no more than the files hold, before any memory is taken."""

from __future__ import annotations

import math
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

RATIO, SLACK = 1032, 1024
"""Deflate packs at most 1032 bytes into one; a directory entry that claims more lies."""

_HEADERS: dict[tuple[int, int], Callable[..., Any]] = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}


def load_npy(source: str | Path | IO[bytes]) -> NDArray[Any]:
    """Read an .npy file or stream into memory; pickled objects are refused.

    Raises:
        OSError: there is no such file.
        ValueError: it is something else, is cut off, or claims more than it holds.
    """
    if isinstance(source, str | Path):
        with Path(source).open('rb') as file:
            return load_npy(file)
    held = source.seek(0, os.SEEK_END)
    source.seek(0)
    _check_header(source, held)
    source.seek(0)
    array: NDArray[Any] = npy.read_array(source, allow_pickle=False)
    return array


def map_npy(path: str | Path) -> NDArray[Any]:
    """Map an .npy file that is not empty into memory, to be read; errors are those of :func:`load_npy`."""
    with Path(path).open('rb') as file:
        _check_header(file, os.fstat(file.fileno()).st_size)
    array: NDArray[Any] = np.load(path, mmap_mode='r', allow_pickle=False)
    return array


def load_npz(path: str | Path) -> NpzFile:
    """Open an .npz archive, whose arrays are read one by one; pickled objects are refused.

    Raises:
        OSError: there is no such file.
        ValueError: it is something else, or an array claims more than it holds.
        zipfile.BadZipFile: it is damaged.
    """
    archive = np.load(path, allow_pickle=False)
    if not isinstance(archive, NpzFile):
        raise ValueError('it is one array and no archive of arrays')
    try:
        for record in archive.zip.infolist():  # type: ignore[union-attr]
            if record.file_size > RATIO * record.compress_size + SLACK:
                raise ValueError(f'{record.filename} claims {record.file_size} bytes of {record.compress_size}')
            with archive.zip.open(record) as member:  # type: ignore[union-attr]
                _check_header(member, record.file_size)
    except (RuntimeError, struct.error, zlib.error) as error:  # a flipped bit says packed in another way, or encrypted
        archive.close()
        raise ValueError(f'it is damaged ({error})') from error
    except BaseException:
        archive.close()
        raise
    return archive


def _check_header(file: IO[bytes], held: int) -> None:
    """Compare the claim of an .npy header with the bytes from its begin."""
    try:
        version = npy.read_magic(file)
        if version not in _HEADERS:
            raise ValueError(f'it is of version {version} of the format, which is for composed types')
        shape, _, dtype = _HEADERS[version](file)
    except (OSError, EOFError, ValueError):
        raise
    except Exception as error:  # numpy parses the header as Python, which may fail in any way
        raise ValueError(f'its header cannot be read ({type(error).__name__})') from error
    if dtype.hasobject:
        raise ValueError('it holds pickled objects, which are not read')
    claimed, held = math.prod(shape) * dtype.itemsize, held - file.tell()
    if any(side < 0 for side in shape) or claimed > held:
        raise ValueError(f'an array of shape {shape} and type {dtype} claims {claimed} bytes of {held}'[:200])
