"""A z-buffer rasterizer in plain numpy: all triangles at once, row by row of the picture.

Every triangle is cut into its pixel rows, every row into the pixels between its two edges; the candidates that result
compete for their pixel. That visits just the pixels that a triangle covers, with a handful of array operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.mesh import FloatArray, IntArray

AT_ONCE = 200_000
"""Triangles that are drawn at a time: more would need memory by the gigabyte, and are not quicker."""


@dataclass(frozen=True)
class Fragments:
    """The pixels that show something, P of them.

    Attributes:
        pixel: Position in the flattened picture, ``row * size + column``, shape ``(P,)``.
        face: The triangle seen there, shape ``(P,)``.
        weights: Weights of its corners, perspective-correct, shape ``(3, P)``, each column sums to 1.
        depth: Distance along the view, shape ``(P,)``.
    """

    pixel: IntArray
    face: IntArray
    weights: FloatArray
    depth: FloatArray


@dataclass(frozen=True)
class _Edges:
    """Functions ``a * x + b * y + c`` of the picture, shape ``(3, F)`` each: one for every corner of every triangle.

    The function of a corner is 1 there and 0 on the opposite edge.
    """

    a: FloatArray
    b: FloatArray
    c: FloatArray


@dataclass(frozen=True)
class _Spans:
    """Pixels ``first`` to ``last`` of a row that a triangle covers, shape ``(R,)`` each."""

    face: IntArray
    row: IntArray
    first: IntArray
    last: IntArray


def rasterize(
    screen: FloatArray,
    inverse_depth: FloatArray,
    faces: IntArray,
    size: int,
    clear: NDArray[np.bool_] | None = None,
) -> Fragments:
    """Find the triangle that every pixel center sees; both sides of a triangle are visible.

    Args:
        screen: Pixel positions of the vertices, x to the right and y down, shape ``(V, 2)``.
        inverse_depth: Inverse distance of the vertices along the view, positive, shape ``(V,)``.
        faces: Triangles ``(F, 3)``.
        size: Side of the square picture in pixels.
        clear: Triangles ``(F,)`` that leave out every other pixel, as on a chessboard. Averaged over blocks of 2x2
            pixels, they let one half of what is behind them through.
    """
    if len(faces) > AT_ONCE:
        starts = range(0, len(faces), AT_ONCE)
        cuts = [slice(start, start + AT_ONCE) for start in starts]
        layers = [
            rasterize(screen, inverse_depth, faces[cut], size, None if clear is None else clear[cut]) for cut in cuts
        ]
        return _merge(layers, starts, size)
    kept, y, edges = _edges(screen, faces)
    near = inverse_depth[faces[kept]].T
    spans = _spans(y, edges, size)
    lengths = spans.last - spans.first + 1
    # The inverse depth is linear over the picture: a value at the first pixel of a span and a slope along it.
    slope, along, base = ((part * near).sum(axis=0)[spans.face] for part in (edges.a, edges.b, edges.c))
    begin = slope * (spans.first + 0.5) + along * (spans.row + 0.5) + base
    step = np.arange(int(lengths.sum()), dtype=np.int32)
    step -= np.repeat((np.cumsum(lengths) - lengths).astype(np.int32), lengths)
    closeness: FloatArray = (
        np.repeat(begin.astype(np.float32), lengths) + np.repeat(slope.astype(np.float32), lengths) * step
    )
    pixel = np.repeat((spans.row * size + spans.first).astype(np.int32), lengths) + step
    face = np.repeat(spans.face.astype(np.int32), lengths)
    if clear is not None and clear.any():
        odd = (pixel // size + pixel % size) % 2 == 1
        shown = ~(clear[kept][face] & odd)
        pixel, face, closeness = pixel[shown], face[shown], closeness[shown]
    winner = _nearest(pixel, closeness, size)
    pixel, face = pixel[winner], face[winner]
    px, py = pixel % size + 0.5, pixel // size + 0.5
    weights = (edges.a[:, face] * px + edges.b[:, face] * py + edges.c[:, face]) * near[:, face]
    total = weights.sum(axis=0)
    return Fragments(pixel, kept[face], weights / total, 1.0 / total)


def _merge(layers: Sequence[Fragments], starts: Sequence[int], size: int) -> Fragments:
    """Lay pictures over one another, the nearest on top; among equals, the last one.

    Args:
        layers: Visible pixels of some triangles each.
        starts: Positions of the first triangle of each.
        size: Side of the picture in pixels.
    """
    pixel = np.concatenate([layer.pixel for layer in layers])
    face = np.concatenate([layer.face + start for layer, start in zip(layers, starts, strict=True)])
    depth = np.concatenate([layer.depth for layer in layers])
    winner = _nearest(pixel, 1.0 / depth, size)
    weights = np.concatenate([layer.weights for layer in layers], axis=1)
    return Fragments(pixel[winner], face[winner], weights[:, winner], depth[winner])


def _edges(screen: FloatArray, faces: IntArray) -> tuple[IntArray, FloatArray, _Edges]:
    """Return the triangles that have an area on screen, their corners' y ``(3, F)``, and their edge functions."""
    x, y = screen[:, 0][faces.T], screen[:, 1][faces.T]
    x1, y1, x2, y2 = x[[1, 2, 0]], y[[1, 2, 0]], x[[2, 0, 1]], y[[2, 0, 1]]
    a, b, c = y1 - y2, x2 - x1, x1 * y2 - x2 * y1
    twice_area = c.sum(axis=0)
    kept = np.flatnonzero(np.abs(twice_area) > 1e-12)
    area = twice_area[kept]
    return kept, y[:, kept], _Edges(a[:, kept] / area, b[:, kept] / area, c[:, kept] / area)


def _spans(y: FloatArray, edges: _Edges, size: int) -> _Spans:
    """Cut triangles whose corners have the heights ``y (3, F)`` into rows of pixels."""
    top = np.maximum(np.ceil(y.min(axis=0) - 0.5), 0).astype(np.int64)
    bottom = np.minimum(np.floor(y.max(axis=0) - 0.5), size - 1).astype(np.int64)
    heights = np.maximum(bottom - top + 1, 0)
    face = np.repeat(np.arange(len(top)), heights)
    row = np.arange(len(face)) + np.repeat(top - np.cumsum(heights) + heights, heights)
    slope = edges.a[:, face]
    offset = edges.b[:, face] * (row + 0.5) + edges.c[:, face]
    with np.errstate(divide='ignore', invalid='ignore'):
        crossing = -offset / slope
    low = np.where(slope > 0, crossing, -np.inf).max(axis=0)
    high = np.where(slope < 0, crossing, np.inf).min(axis=0)
    outside = ((slope == 0) & (offset < 0)).any(axis=0)
    first = np.maximum(np.ceil(low - 0.5), 0).astype(np.int64)
    last = np.minimum(np.floor(high - 0.5), size - 1).astype(np.int64)
    kept = (last >= first) & ~outside
    return _Spans(face[kept], row[kept], first[kept], last[kept])


def _nearest(pixel: IntArray, closeness: FloatArray, size: int) -> IntArray:
    """Return, for every pixel that is covered, which candidate is nearest; among equals, the last one."""
    best = np.zeros(size * size, dtype=closeness.dtype)
    np.maximum.at(best, pixel, closeness)
    rivals = np.flatnonzero(closeness >= best[pixel])
    owner = np.full(size * size, -1, dtype=np.int32)
    owner[pixel[rivals]] = rivals
    return owner[owner >= 0]
