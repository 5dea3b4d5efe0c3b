"""Polygons cut into triangles."""

from __future__ import annotations

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, IntArray

MOST_CORNERS = 1000
"""Dented polygons with more corners are refused: to cut one takes the square of their number."""


def cut(corners: FloatArray) -> IntArray:
    """Cut polygons into triangles that do not leave them: fans where they are convex, else ear by ear.

    A fan of a dented polygon, such as a wall around a door, covers the dents too.

    Args:
        corners: P polygons of n corners each, shape ``(P, n, 3)``, at least three, more or less flat.

    Returns:
        Positions of corners, shape ``(P, n - 2, 3)``, wound like the polygons.

    Raises:
        ValueError: A dented polygon has more than ``MOST_CORNERS`` corners.
    """
    count, n = corners.shape[:2]
    fan = np.array([(0, k, k + 1) for k in range(1, n - 1)], dtype=np.int64)
    result = np.tile(fan, (count, 1, 1))
    if n == 3 or not count:
        return result
    moved = corners - corners[:, :1]
    normal = np.cross(moved, np.roll(moved, -1, axis=1)).sum(axis=1)  # twice the area, towards the viewer
    bends = np.cross(
        np.roll(corners, -1, axis=1) - corners, np.roll(corners, -2, axis=1) - np.roll(corners, -1, axis=1)
    )
    along = np.einsum('pnc,pc->pn', bends, normal)
    dented = (along < -1e-6 * (normal**2).sum(axis=1, keepdims=True)).any(axis=1)
    if n > MOST_CORNERS and dented.any():
        raise ValueError(f'a dented polygon has {n} corners, more than {MOST_CORNERS}')
    for index in np.flatnonzero(dented):
        result[index] = _ears(_flat(moved[index], normal[index]), fan)
    return result


def _flat(corners: FloatArray, normal: FloatArray) -> FloatArray:
    """Return the corners ``(n, 2)`` as seen along the axis that the polygon faces most, counter-clockwise."""
    axis = int(np.abs(normal).argmax())
    flat = corners[:, [(axis + 1) % 3, (axis + 2) % 3]]
    return flat if normal[axis] > 0 else flat * (-1.0, 1.0)


def _ears(flat: FloatArray, fan: IntArray) -> IntArray:
    """Cut off corners that stick out and hold no other corner, until a triangle is left.

    Outlines that touch or cross themselves can run out of ears: what is left then becomes a fan.
    """
    ring, triangles = list(range(len(flat))), []
    while len(ring) > 3:
        ear = _find_ear(flat, ring)
        if ear is None:
            break
        triangles.append((ring[ear - 1], ring[ear], ring[(ear + 1) % len(ring)]))
        del ring[ear]
    rest = [(ring[0], ring[k], ring[k + 1]) for k in range(1, len(ring) - 1)]
    return np.array([*triangles, *rest], dtype=np.int64).reshape(fan.shape)


def _find_ear(flat: FloatArray, ring: list[int]) -> int | None:
    """Return the place in the ring of the roundest ear."""
    here = flat[ring]
    before, after = np.roll(here, 1, axis=0), np.roll(here, -1, axis=0)
    area = _cross(here - before, after - here)
    longest = np.stack([_square(here - before), _square(after - here), _square(before - after)]).max(axis=0)
    round_ = area / np.maximum(longest, 1e-300)
    for place in np.argsort(-round_):
        if area[place] <= 0:
            return None
        a, b, c = before[place], here[place], after[place]
        inside = (_cross(b - a, here - a) >= 0) & (_cross(c - b, here - b) >= 0) & (_cross(a - c, here - c) >= 0)
        own = (here == a).all(axis=1) | (here == b).all(axis=1) | (here == c).all(axis=1)
        if not (inside & ~own).any():
            return int(place)
    return None


def _cross(first: FloatArray, second: FloatArray) -> FloatArray:
    return first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]


def _square(rows: FloatArray) -> FloatArray:
    return (rows**2).sum(axis=-1)
