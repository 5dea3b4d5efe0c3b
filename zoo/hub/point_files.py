"""Clouds of points in files: npy, txt, and the formats of meshes."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.files import read_soup
from zoo.datasets.meshes.painted import paint
from zoo.datasets.meshes.sampling import sample_surface
from zoo.errors import UsageError

FloatArray = NDArray[np.float32]

TEXTS = ('.txt', '.xyz', '.pts', '.csv')
MESHES = ('.ply', '.obj', '.off', '.stl', '.glb', '.gltf')
SUFFIXES = ('.npy', *TEXTS, *MESHES)
"""Endings of the files that can be read, in lower case."""

SEED = 0
"""Of the points that are drawn on a mesh, so that a file always gives the same cloud."""


def read_points(path: str | Path, count: int = 8192) -> FloatArray:
    """Points of a file, in its own frame.

    ``.npy`` and texts hold a row for every point, of which the first three columns count; texts are parted by commas or
    blanks. Of a mesh, points are drawn evenly on its surface; a PLY, OBJ or OFF file without faces is a cloud.

    Args:
        path: one of the ``SUFFIXES``.
        count: points to draw on a mesh.

    Returns:
        (N, 3).

    Raises:
        UsageError: missing, of another kind, damaged, empty, or with numbers that are not finite.
    """
    where = Path(path)
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
        rows = _rows(data, suffix)
    except Exception as error:  # what a damaged file provokes in a parser is without limit
        reason = ' '.join(f'{type(error).__name__}: {error}'.split())[:200]
        raise UsageError(f'{where} holds no points that can be read ({reason}): export it again') from error
    return checked_points(rows, str(where))


def checked_points(values: object, what: str) -> FloatArray:
    """A cloud (N, 3) of rows with at least three numbers.

    Args:
        values: (N, 3) or wider.
        what: names it in messages.

    Raises:
        UsageError: another shape, no points, or a number that is not finite.
    """
    try:
        rows = np.asarray(values)
        numbers = rows.astype(np.float32) if rows.dtype.kind in 'fiub' else None
    except (TypeError, ValueError):
        numbers = None
    if numbers is None or numbers.ndim != 2 or numbers.shape[1] < 3 or not len(numbers):
        shape = getattr(values, 'shape', '?')
        raise UsageError(f'{what} is no cloud of points: expected numbers of shape (N, 3), found shape {shape}')
    points: FloatArray = np.ascontiguousarray(numbers[:, :3])
    if not np.isfinite(points).all():
        raise UsageError(
            f'{what} holds a number that is not finite, in point {int(np.argwhere(~np.isfinite(points))[0, 0])}'
        )
    return points


def _rows(data: bytes, suffix: str) -> NDArray[np.float64]:
    """Rows of a file that is no mesh."""
    if suffix == '.npy':
        return np.asarray(np.load(io.BytesIO(data), allow_pickle=False))
    text = data.decode('utf-8')
    if not text.strip():
        return np.empty((0, 3))
    return np.loadtxt(io.StringIO(text.replace(',', ' ')), dtype=np.float64, ndmin=2)
