"""Tables of HDF5 files, checked before use: shape, type, NaN, labels in range; what is wrong names file and row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from zoo.errors import UsageError

AGAIN = 'fetch it again'
"""What helps against a damaged file."""


def has_table(path: str | Path, key: str) -> bool:
    """Say whether an HDF5 file holds a table of this name.

    Raises:
        UsageError: The file is missing or damaged.
    """
    with _opened(path) as file:
        return hasattr(file.get(key), 'dtype')


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
        table = file.get(key)
        if not hasattr(table, 'dtype'):
            raise UsageError(f'{path} has no table {key!r}, it has {", ".join(file) or "none"}: {AGAIN}')
        # Asked before anything is read: a wrong file may be of any size.
        _check_form(what, table.shape or (), table.dtype, ndim, width, kinds)
        values = np.asarray(table[()])
    _check_finite(values, what)
    return values


def read_clouds(path: str | Path, key: str = 'data') -> np.ndarray:
    """Read clouds, or vectors at their points: float32, shape ``(S, N, 3)``.

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
    return check_labels(labels, f'{path}: table {key!r}', count=count, num_classes=num_classes)


def check_clouds(clouds: np.ndarray, what: str) -> np.ndarray:
    """Return clouds from a file of any kind as float32 ``(S, N, 3)``.

    Args:
        clouds: The array.
        what: The file and the name of the array, for messages.

    Raises:
        UsageError: Wrong shape or type, empty, NaN or infinity.
    """
    _check_form(what, clouds.shape, clouds.dtype, 3, 3, 'f')
    _check_finite(clouds, what)
    return clouds.astype(np.float32, copy=False)


def check_labels(labels: np.ndarray, what: str, *, count: int, num_classes: int) -> np.ndarray:
    """Return labels from a file of any kind as int64 ``(S,)``.

    Args:
        labels: A list ``(S,)`` or a column ``(S, 1)`` of whole numbers.
        what: The file and the name of the array, for messages.
        count: Number of objects S.
        num_classes: Labels lie between 0 and ``num_classes - 1``.

    Raises:
        UsageError: Wrong shape or type, or a label out of range.
    """
    if labels.shape not in {(count,), (count, 1)} or labels.dtype.kind not in 'iuf':
        raise UsageError(f'{what} must be {count} labels, one an object, not {labels.dtype} {labels.shape}: {AGAIN}')
    flat = labels.reshape(-1)
    wrong = np.flatnonzero(~((flat >= 0) & (flat < num_classes) & (flat == np.floor(flat))))
    if len(wrong):
        found, row = flat[wrong[0]].item(), wrong[0]
        raise UsageError(f'{what} has the label {found} in row {row}, expected 0 to {num_classes - 1}: {AGAIN}')
    return flat.astype(np.int64)


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
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        reason = ' '.join(str(error).split())
        raise UsageError(f'{path} cannot be read as HDF5 ({reason}): {AGAIN}') from error


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
