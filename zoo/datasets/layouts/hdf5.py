"""Tables of HDF5 files, checked before use: shape, type, NaN, labels in range; what is wrong names file and row."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from zoo.datasets.coordinates import recentered
from zoo.datasets.labels import check_labels
from zoo.errors import UsageError

AGAIN = 'fetch it again'
"""What helps against a damaged file."""

LEAST_LIMIT = 1 << 26
"""Bytes that a table may always take."""

MOST_RATIO = 100
"""Bytes a table may take for each byte of its file; clouds compress to a half, masks to a fiftieth."""

GZIP, LZF = 1, 32000
INFLATING = frozenset({GZIP, LZF})
"""Filters that compress; others are code that is looked for on the machine, or trust sizes that the file tells."""


def has_table(path: str | Path, key: str) -> bool:
    """Say whether an HDF5 file holds a table of this name.

    Raises:
        UsageError: The file is missing or damaged.
    """
    with _opened(path) as file:
        return _table(file, key, path) is not None


def read_table(
    path: str | Path, key: str, *, ndim: int | tuple[int, ...], width: int | None = None, kinds: str = 'f'
) -> np.ndarray:
    """Read a table of an HDF5 file into memory, in the type of the file.

    Args:
        path: The file.
        key: Name of the table.
        ndim: Number of its axes, or the numbers that are fine.
        width: Length of the last axis; any by default.
        kinds: Accepted kinds of numbers, as numpy's ``dtype.kind``.

    Returns:
        The table: never empty, and without NaN or infinity.

    Raises:
        UsageError: The file is missing or damaged, has no such table, or the table is not as asked for.
    """
    what = f'{path}: table {key!r}'
    with _opened(path) as file:
        table = _table(file, key, path)
        if table is None:
            raise UsageError(f'{path} has no table {key!r}, it has {", ".join(file) or "none"}: {AGAIN}')
        # Asked before anything is read: a wrong file may be of any size.
        _check_form(what, table.shape or (), table.dtype, ndim, width, kinds)
        _check_size(what, table, Path(path).stat().st_size)
        values = np.asarray(table[()])
    _check_finite(values, what)
    return values


def read_clouds(path: str | Path, key: str = 'data') -> np.ndarray:
    """Read clouds: float32, shape ``(S, N, 3)``; those far from the origin are moved there.

    Raises:
        UsageError: See ``read_table`` and ``recentered``.
    """
    clouds = read_table(path, key, ndim=3, width=3)
    return recentered(clouds, f'{path}: table {key!r}').astype(np.float32, copy=False)


def read_normals(path: str | Path, key: str = 'normal') -> np.ndarray:
    """Read the normals at the points: float32, shape ``(S, N, 3)``.

    Raises:
        UsageError: See ``read_table``.
    """
    return read_table(path, key, ndim=3, width=3).astype(np.float32, copy=False)


def read_labels(path: str | Path, key: str = 'label', *, count: int, num_classes: int) -> np.ndarray:
    """Read one label an object: int64, shape ``(S,)``. Files have them as a list or as a column.

    Args:
        path: The file.
        key: Name of the table.
        count: Number of objects S.
        num_classes: Labels lie between 0 and ``num_classes - 1``.

    Raises:
        UsageError: See ``read_table`` and ``check_labels``.
    """
    labels = read_table(path, key, ndim=(1, 2), kinds='iuf')
    return check_labels(labels, f'{path}: table {key!r}', count=count, classes=num_classes, from_zero=True)


def check_clouds(clouds: np.ndarray, what: str) -> np.ndarray:
    """Return clouds from a file of any kind as float32 ``(S, N, 3)``; those far from the origin are moved there.

    Args:
        clouds: The array.
        what: The file and the name of the array, for messages.

    Raises:
        UsageError: Wrong shape or type, empty, NaN or infinity.
    """
    _check_form(what, clouds.shape, clouds.dtype, 3, 3, 'f')
    _check_finite(clouds, what)
    return recentered(clouds, what).astype(np.float32, copy=False)


@contextmanager
def _opened(path: str | Path) -> Iterator[Any]:
    """Open an HDF5 file for reading; what fails on the way names the file."""
    import h5py

    try:
        # Nothing is written, and locks are the first thing to fail on a network file system.
        with h5py.File(path, 'r', locking=False) as file:
            yield file
    except FileNotFoundError as error:
        raise UsageError(f'{path} is missing: {AGAIN}') from error
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, zlib.error) as error:
        reason = ' '.join(str(error).split())
        raise UsageError(f'{path} cannot be read as HDF5 ({reason}): {AGAIN}') from error


def _table(file: Any, key: str, path: str | Path) -> Any:
    """Return a table, None where the file has none of this name; what leads out of the file is not followed."""
    import h5py

    if not file.id.links.exists(key.encode()):  # `key in file` would follow a link
        return None
    if not isinstance(file.get(key, getlink=True), h5py.HardLink):
        raise UsageError(f'{path}: table {key!r} is a link to another place, which is not followed: {AGAIN}')
    table = file[key]
    if not isinstance(table, h5py.Dataset):
        return None
    if table.is_virtual or table.external:
        raise UsageError(f'{path}: table {key!r} takes its content from other files, which are not read: {AGAIN}')
    return table


def _check_size(what: str, table: Any, file_size: int) -> None:
    """Refuse a table that takes far more memory than its file: empty chunks, chunks that inflate without end."""
    import h5py

    limit = max(LEAST_LIMIT, file_size * MOST_RATIO)
    chunk = math.prod(table.chunks or (0,)) * table.dtype.itemsize
    size = max(math.prod(table.shape) * table.dtype.itemsize, chunk)
    if size > limit:
        raise UsageError(f'{what} would take {size:,} bytes, which a file of {file_size:,} does not hold: {AGAIN}')
    pipeline = table.id.get_create_plist()
    filters = [pipeline.get_filter(position)[0] for position in range(pipeline.get_nfilters())]
    unknown = set(filters) - {h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32, *INFLATING}
    if unknown or len(set(filters)) < len(filters) or len(INFLATING.intersection(filters)) > 1:
        raise UsageError(f'{what} is compressed otherwise than by gzip or lzf, once: {AGAIN}')
    if GZIP not in filters:
        return
    place = filters.index(GZIP)
    stored: list[Any] = []
    table.id.chunk_iter(stored.append)
    for info in stored:
        if not info.filter_mask >> place & 1:
            _, packed = table.id.read_direct_chunk(info.chunk_offset)
            # The library makes as much room as the stream asks for, whatever the size of the chunk.
            if len(zlib.decompressobj().decompress(packed, chunk + 1)) > chunk:
                raise UsageError(f'{what} has a chunk that inflates to more than its {chunk:,} bytes: {AGAIN}')


def _check_form(
    what: str,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    ndim: int | tuple[int, ...],
    width: int | None,
    kinds: str,
) -> None:
    """Compare shape and type with what is expected."""
    axes = (ndim,) if isinstance(ndim, int) else ndim
    if len(shape) not in axes or 0 in shape or (width is not None and shape[-1] != width) or dtype.kind not in kinds:
        wanted = f'{" or ".join(map(str, axes))} axes' + (f' with {width} columns' if width is not None else '')
        numbers = 'floats' if kinds == 'f' else 'numbers'
        raise UsageError(f'{what} must be {numbers}, {wanted}, not empty; it is {dtype} {tuple(shape)}: {AGAIN}')


def _check_finite(values: np.ndarray, what: str) -> None:
    """Look for NaN and infinity, row by row: a mask of the whole table would be as large as the clouds of many."""
    if values.dtype.kind != 'f':
        return
    wrong = [row for row, entry in enumerate(values) if not np.isfinite(entry).all()]
    if wrong:
        raise UsageError(f'{what} has NaN or infinity in {len(wrong)} rows, the first is row {wrong[0]}: {AGAIN}')
