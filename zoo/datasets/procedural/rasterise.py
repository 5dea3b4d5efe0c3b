"""A z-buffer rasteriser in plain numpy: all triangles at once, row by row of the picture.

Every triangle is cut into its pixel rows, every row into the pixels between its two edges; the candidates that result
compete for their pixel. That visits just the pixels that a triangle covers, with a handful of array operations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.procedural.mesh import FloatArray, IntArray


@dataclass(frozen=True)
class Fragments:
    """The pixels that show something, P of them.

    Attributes:
        pixel: Position in the flattened picture, ``row * size + column``, shape ``(P,)``.
        face: The triangle seen there, shape ``(P,)``.
        weights: Weights of its corners, perspective-correct, shape ``(P, 3)``, each row sums to 1.
        depth: Distance along the view, shape ``(P,)``.
    """

    pixel: IntArray
    face: IntArray
    weights: FloatArray
    depth: FloatArray


@dataclass(frozen=True)
class _Planes:
    """Functions ``a * x + b * y + c`` over the picture, for each of F triangles."""

    a: FloatArray
    b: FloatArray
    c: FloatArray


def rasterise(
    screen: FloatArray,
    inverse_depth: FloatArray,
    faces: IntArray,
    size: int,
    clear: NDArray[np.bool_] | None = None,
) -> Fragments:
    """Find the triangle that every pixel centre sees; both sides of a triangle are visible.

    Args:
        screen: Pixel positions of the vertices, x to the right and y down, shape ``(V, 2)``.
        inverse_depth: Inverse distance of the vertices along the view, positive, shape ``(V,)``.
        faces: Triangles ``(F, 3)``.
        size: Side of the square picture in pixels.
        clear: Triangles ``(F,)`` that leave out every other pixel, as on a chessboard. Averaged over blocks of 2x2
            pixels, they let one half of what is behind them through.
    """
    corners = screen[faces]
    edges, twice_area = _edge_functions(corners)
    usable = np.abs(twice_area) > 1e-12
    faces, corners, twice_area = faces[usable], corners[usable], twice_area[usable]
    edges = _Planes(*(values[usable] / twice_area[:, None] for values in (edges.a, edges.b, edges.c)))
    near = inverse_depth[faces]
    depth_plane = _Planes(*((values * near).sum(axis=1) for values in (edges.a, edges.b, edges.c)))
    face, row, first, last = _spans(corners, edges, size)
    lengths = last - first + 1
    start = np.repeat(first - np.cumsum(lengths) + lengths, lengths)
    column = np.arange(int(lengths.sum())) + start
    base = depth_plane.b[face] * (row + 0.5) + depth_plane.c[face]
    face_at, slope = np.repeat(face, lengths), np.repeat(depth_plane.a[face], lengths)
    closeness = np.repeat(base, lengths) + slope * (column + 0.5)
    pixel = np.repeat(row * size, lengths) + column
    if clear is not None and clear.any():
        odd = (np.repeat(row, lengths) + column) % 2 == 1
        shown = ~(clear[usable][face_at] & odd)
        pixel, face_at, closeness = pixel[shown], face_at[shown], closeness[shown]
    winner = _nearest(pixel, closeness, size)
    pixel, face_at = pixel[winner], face_at[winner]
    x, y = pixel % size + 0.5, pixel // size + 0.5
    flat = edges.a[face_at] * x[:, None] + edges.b[face_at] * y[:, None] + edges.c[face_at]
    weights = flat * near[face_at]
    total = weights.sum(axis=1)
    return Fragments(pixel, np.flatnonzero(usable)[face_at], weights / total[:, None], 1.0 / total)


def _edge_functions(corners: FloatArray) -> tuple[_Planes, FloatArray]:
    """Return, per triangle and corner ``(F, 3)``, twice the signed area opposite to it, and the sum ``(F,)``."""
    x, y = corners[..., 0], corners[..., 1]
    x1, y1, x2, y2 = (np.roll(values, shift, axis=1) for shift in (-1, -2) for values in (x, y))
    planes = _Planes(y1 - y2, x2 - x1, x1 * y2 - x2 * y1)
    return planes, planes.c.sum(axis=1)


def _spans(corners: FloatArray, edges: _Planes, size: int) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Cut triangles into rows: return triangle, row, first and last column of every non-empty span."""
    y = corners[..., 1]
    top = np.maximum(np.ceil(y.min(axis=1) - 0.5), 0).astype(np.int64)
    bottom = np.minimum(np.floor(y.max(axis=1) - 0.5), size - 1).astype(np.int64)
    heights = np.maximum(bottom - top + 1, 0)
    face = np.repeat(np.arange(len(top)), heights)
    row = np.arange(len(face)) + np.repeat(top - np.cumsum(heights) + heights, heights)
    slope = edges.a[face]
    offset = edges.b[face] * (row + 0.5)[:, None] + edges.c[face]
    with np.errstate(divide='ignore', invalid='ignore'):
        crossing = -offset / slope
    low = np.where(slope > 0, crossing, -np.inf).max(axis=1)
    high = np.where(slope < 0, crossing, np.inf).min(axis=1)
    outside = ((slope == 0) & (offset < 0)).any(axis=1)
    first = np.maximum(np.ceil(low - 0.5), 0).astype(np.int64)
    last = np.minimum(np.floor(high - 0.5), size - 1).astype(np.int64)
    kept = (last >= first) & ~outside
    return face[kept], row[kept], first[kept], last[kept]


def _nearest(pixel: IntArray, closeness: FloatArray, size: int) -> NDArray[np.integer[Any]]:
    """Return, for every pixel that is covered, which candidate is nearest; among equals, the last one."""
    if not len(pixel):
        return np.zeros(0, dtype=np.int64)
    best = np.zeros(size * size)
    np.maximum.at(best, pixel, closeness)
    rivals = np.flatnonzero(closeness >= best[pixel])
    owner = np.full(size * size, -1, dtype=np.int64)
    owner[pixel[rivals]] = rivals
    return owner[owner >= 0]
