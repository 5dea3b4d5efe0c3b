"""What the readers of mesh files make of them: triangles as they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.mesh import FloatArray, IntArray
from zoo.datasets.meshes.polygons import cut

GREY = 0.65
"""Red, green and blue where a file says nothing."""


MOST_TRIANGLES = 1 << 21
"""Of one file that draws the same ones again and again; what a file states one by one is bounded by its size."""


class Soup(NamedTuple):
    """Vertices and triangles of a file; one that announces no faces is a cloud of its vertices.

    Attributes:
        vertices: Places in the precision of the file, shape ``(V, 3)``.
        faces: Indices of vertices, shape ``(F, 3)``, all there.
        color: RGB of every triangle in [0, 1], shape ``(F, 3)``.
        clear: Whether one half sees through a triangle, shape ``(F,)``.
    """

    vertices: FloatArray
    faces: IntArray
    color: FloatArray
    clear: NDArray[np.bool_]


def refuse_more(count: int, stored: int = 0) -> None:
    """Refuse a file that draws far more triangles than it stores.

    Args:
        count: Triangles drawn so far.
        stored: Bytes that they may be stored in.

    Raises:
        ValueError: It does.
    """
    if count > MOST_TRIANGLES + stored:
        raise ValueError(f'it draws {count} triangles and more, most of them again and again')


def plain(vertices: FloatArray, faces: IntArray, color: FloatArray | None = None) -> Soup:
    """Make a soup of which one sees through nothing; a color that is missing or NaN is grey."""
    if color is None:
        color = np.full((len(faces), 3), GREY)
    return Soup(vertices, faces, np.where(np.isfinite(color), color, GREY), np.zeros(len(faces), dtype=bool))


def joined(parts: Sequence[Soup]) -> Soup:
    """Put several soups into one."""
    offsets = np.cumsum([0] + [len(part.vertices) for part in parts])
    faces = [part.faces + offset for part, offset in zip(parts, offsets, strict=False)]
    vertices, color, clear = (np.concatenate([part[i] for part in parts]) for i in (0, 2, 3))
    return Soup(vertices, np.concatenate(faces), color, clear)


def triangulate(vertices: FloatArray, index: IntArray, sizes: IntArray) -> tuple[IntArray, IntArray]:
    """Cut polygons into triangles, in their order.

    Args:
        vertices: ``(V, 3)``.
        index: Vertices of the corners of all polygons, one after another, shape ``(C,)``.
        sizes: Corners of every polygon, shape ``(P,)``, C in all; those with less than three have no area.

    Returns:
        Positions in ``index``, shape ``(F, 3)``, and the polygon of each triangle, ``(F,)``.

    Raises:
        ValueError: There are polygons and none has an area, or one has a vertex that is not there.
    """
    if not len(sizes):
        return np.empty((0, 3), dtype=np.int64), np.empty(0, dtype=np.int64)
    wrong = index[(index < 0) | (index >= len(vertices))]
    if len(wrong):
        raise ValueError(f'a face names vertex {wrong[0]}, counted from 0, of {len(vertices)}')
    if sizes.max() < 3:
        raise ValueError('no face has three corners')
    start = np.cumsum(sizes) - sizes
    found, owner = [], []
    for size in np.unique(sizes[sizes > 2]):
        here = np.flatnonzero(sizes == size)
        corners = start[here][:, None] + np.arange(size)
        triangles = cut(vertices[index[corners]])
        found.append(np.take_along_axis(corners[:, None, :], triangles, axis=2).reshape(-1, 3))
        owner.append(np.repeat(here, size - 2))
    order = np.argsort(np.concatenate(owner), kind='stable')
    return np.concatenate(found)[order], np.concatenate(owner)[order]


def strip(index: IntArray) -> IntArray:
    """Return the triangles ``(N - 2, 3)`` of a strip of N vertices, all wound the same way."""
    triangles = np.stack([index[:-2], index[1:-1], index[2:]], axis=1) if len(index) > 2 else index[:0].reshape(0, 3)
    triangles[1::2] = triangles[1::2, [1, 0, 2]]
    return triangles


def scaled(color: FloatArray) -> FloatArray:
    """Bring colors of 255 or of 1 into [0, 1]."""
    whole = color.size and np.nanmax(color) > 1
    return np.clip(color / 255 if whole else color, 0, 1)
