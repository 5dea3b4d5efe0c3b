"""Clouds of points in files: npy, txt, and the formats of meshes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo.arrays import load_npy
from zoo.compat import expand
from zoo.datasets.coordinates import recentered
from zoo.datasets.meshes.files import SUFFIXES as MESHES
from zoo.datasets.meshes.files import read_soup
from zoo.datasets.meshes.painted import paint
from zoo.datasets.meshes.sampling import sample_surface
from zoo.errors import UsageError
from zoo.hub.text_points import parse_rows

FloatArray = NDArray[np.float32]

TEXTS = ('.txt', '.xyz', '.pts', '.csv')
SUFFIXES = ('.npy', *TEXTS, *MESHES)
"""Endings of the files that can be read, in lower case."""

WIDEST = 10
"""Columns of a row: x, y, z and, say, color, normal and label."""

COUNTED = 10
"""Points from which whole numbers that never repeat are those of the rows."""

SMALLEST = 1e-15
"""Extent, and one over the largest, whose squared distances float32 still holds."""

SEED = 0
"""Of the points that are drawn on a mesh, so that a file always gives the same cloud."""


def read_points(path: str | Path, count: int = 8192) -> FloatArray:
    """Points of a file, in its own axes and size.

    ``.npy`` and texts hold a row for every point, see :func:`checked_points`. Texts are parted by blanks, tabs, commas
    or semicolons; lines that begin with ``#``, ``//`` or ``%``, a line of names and a first line with the number of
    points are no points. Of a mesh, points are drawn evenly on its surface; a PLY, OBJ or OFF file without faces is a
    cloud. Clouds far from the origin are moved there.

    Args:
        path: one of the ``SUFFIXES``.
        count: points to draw on a mesh.

    Returns:
        (N, 3).

    Raises:
        UsageError: missing, of another kind, damaged, empty, with numbers that are not finite, or with rows that could
            mean several things.
    """
    where = expand(path)
    suffix = where.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f'{where} is no file of points that can be read: known are {", ".join(SUFFIXES)}')
    if suffix in MESHES:
        soup = read_soup(where)
        if not len(soup.faces):
            return checked_points(soup.vertices, str(where))
        mesh = paint(*soup, name=str(where))
        points, _, _ = sample_surface(mesh.mesh, mesh.normals, count, np.random.default_rng(SEED))
        return checked_points(points, str(where))
    try:
        data = where.read_bytes()
    except OSError as error:
        raise UsageError(f'{where} cannot be read ({error.strerror or error}): give the path of a file') from error
    try:
        rows = load_npy(io.BytesIO(data)) if suffix == '.npy' else parse_rows(data)
    except Exception as error:  # what a damaged file provokes in a parser is without limit
        reason = ' '.join(f'{type(error).__name__}: {error}'.split())[:200]
        raise UsageError(f'{where} holds no points that can be read ({reason}): export it again') from error
    return checked_points(rows, str(where))


def checked_points(values: object, what: str) -> FloatArray:
    """A cloud (N, 3) of rows that begin with x, y and z; what may follow (colors, normals, labels) is left out.

    Args:
        values: numbers (N, C) with C from 3 to ``WIDEST``, or records with the fields x, y and z.
        what: names it in messages.

    Returns:
        float32 (N, 3). A cloud far from the origin is moved there before it is rounded, see
        :func:`zoo.datasets.coordinates.recentered`.

    Raises:
        UsageError: another shape or type, no points, a number that is not finite, rows that begin with their number,
            or no shape: points at one place, or with too few digits.
    """
    rows = _numbers(values, what)
    if len(rows) < rows.shape[1] and (len(rows) == 3 or 3 < len(rows) <= WIDEST < rows.shape[1]):
        raise UsageError(f'{what} of shape {rows.shape} seems transposed, expected (N, 3): give its transpose')
    if not 3 <= rows.shape[1] <= WIDEST or not len(rows):
        more = f', or with up to {WIDEST - 3} columns behind x, y and z' if rows.shape[1] > 3 else ''
        raise UsageError(
            f'{what} is no cloud of points: expected numbers of shape (N, 3){more}, found shape {rows.shape}'
        )
    _check_first_column(rows, what)
    points = rows[:, :3]
    if not np.isfinite(points).all():
        raise UsageError(
            f'{what} holds a number that is not finite, in point {int(np.argwhere(~np.isfinite(points))[0, 0])}'
        )
    extent = float(np.ptp(points.astype(np.float64), axis=0).max())
    if not SMALLEST <= extent <= 1 / SMALLEST:
        raise UsageError(f'{what} is {extent:.3g} wide, its {len(points)} points show no shape: check its units')
    return np.ascontiguousarray(recentered(points, what), dtype=np.float32)


def _numbers(values: object, what: str) -> NDArray[Any]:
    """An array (N, C) of whole numbers or floats."""
    if np.ma.is_masked(values):
        raise UsageError(f'{what} is masked: give the rows that count alone')
    try:
        rows = np.asarray(values)
    except (TypeError, ValueError):
        rows = np.empty(0, dtype=object)
    if rows.dtype.names and rows.ndim == 1:  # records, as of a PLY or PCD file
        names = {name.lower(): name for name in rows.dtype.names}
        if {'x', 'y', 'z'} <= names.keys() and all(rows.dtype[names[axis]].kind in 'fiu' for axis in 'xyz'):
            return np.stack([rows[names[axis]] for axis in 'xyz'], axis=1)
    if rows.dtype.kind not in 'fiu' or rows.ndim != 2:
        kind = '' if rows.dtype.kind in 'fiu' else f' of {rows.dtype}'
        raise UsageError(
            f'{what} is no cloud of points: expected numbers of shape (N, 3), found shape {rows.shape}{kind}'
        )
    return rows


def _check_first_column(rows: NDArray[Any], what: str) -> None:
    """Refuse rows that begin with their number, which would be taken for x."""
    first = np.sort(rows[:, 0])
    if len(first) < COUNTED or not np.isfinite(first).all() or (first != np.rint(first)).any():
        return
    steps = np.diff(first)
    whole = not (rows[:, 1:4] != np.rint(rows[:, 1:4])).any()
    if (steps == 1).all() or (not whole and (steps > 0).all()):
        raise UsageError(f'{what} begins every row with a number of its own, which is no x: leave that column out')
