"""Surface primitives: everything is a loft through rings, except the box.

All return a ``Mesh`` with outward faces. Lengths are arbitrary: the finished object is scaled to the unit sphere.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from zoo.datasets.meshes.mesh import Curve, FloatArray, IntArray, Mesh, Point, join
from zoo.datasets.procedural.outlines import corner_repeats, ellipse, rectangle, sharpen

_BOX_AXES = [(0, 1, 2), (1, 2, 0), (2, 0, 1)]


@lru_cache(maxsize=1)
def _unit_box() -> tuple[FloatArray, IntArray]:
    """Return the cube of side 1: four own vertices for each of the six sides."""
    vertices: list[list[float]] = []
    faces: list[tuple[int, int, int]] = []
    for axis, u, v in _BOX_AXES:
        for side in (0.5, -0.5):
            start = len(vertices)
            for du, dv in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
                corner = [0.0, 0.0, 0.0]
                corner[axis], corner[u], corner[v] = side, du * np.sign(side), dv
                vertices.append(corner)
            faces += [(start, start + 1, start + 2), (start, start + 2, start + 3)]
    return np.array(vertices), np.array(faces)


def box(width: float, height: float, depth: float, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Mesh:
    """Return a box with sharp edges, of extents along x, y and z, about the center ``(x, y, z)``."""
    vertices, faces = _unit_box()
    return Mesh(vertices * (width, height, depth) + (x, y, z), faces)


@lru_cache(maxsize=256)
def _grid_faces(rings: int, size: int, closed: bool) -> IntArray:
    """Return the faces ``(F, 3)`` that join successive rings of ``size`` vertices."""
    here = np.arange(size if closed else size - 1)
    there = (here + 1) % size
    base = np.arange(rings - 1)[:, None] * size
    a, b, c, d = base + here, base + there, base + size + there, base + size + here
    quads = np.stack([np.stack([a, b, c], axis=-1), np.stack([a, c, d], axis=-1)], axis=2)
    return quads.reshape(-1, 3)


def loft(rings: FloatArray, *, closed: bool = True, start: bool = False, end: bool = False) -> Mesh:
    """Return the skin through rings ``(M, K, 3)``.

    A ring runs counter-clockwise seen from the side to which the rings proceed. Caps are fans about the mean of their
    ring, so a capped ring must be star-shaped.

    Args:
        rings: The rings, each of K points; equal neighbors make a sharp edge.
        closed: Whether a ring closes on itself; if not, the skin is an open sheet.
        start: Whether to close the first ring.
        end: Whether to close the last ring.
    """
    count, size, _ = rings.shape
    skin = Mesh(rings.reshape(-1, 3), _grid_faces(count, size, closed))
    caps = [_cap(rings[0], flip=True)] if start else []
    if end:
        caps.append(_cap(rings[-1], flip=False))
    return join([skin, *caps])


def _cap(ring: FloatArray, *, flip: bool) -> Mesh:
    size = len(ring)
    here = np.arange(size)
    there = (here + 1) % size
    first, second = (there, here) if flip else (here, there)
    faces = np.stack([np.full(size, size), first, second], axis=1)
    return Mesh(np.concatenate([ring, ring.mean(axis=0, keepdims=True)]), faces)


def revolve(profile: Curve, sides: int = 20, *, stretch: float = 1.0) -> Mesh:
    """Return the surface of revolution about y.

    Args:
        profile: Points ``(K, 2)`` of (radius, height). A profile that starts and ends on the axis encloses a solid;
            outward is to its right.
        sides: Number of sides of the polygon that stands for the circle.
        stretch: Factor on the z axis.
    """
    points = sharpen(np.asarray(profile, dtype=float), closed=False)
    angle = 2 * np.pi * np.arange(sides) / sides
    rings = np.empty((len(points), sides, 3))
    rings[..., 0] = points[:, :1] * np.sin(angle)
    rings[..., 1] = points[:, 1:]
    rings[..., 2] = points[:, :1] * np.cos(angle) * stretch
    return loft(rings)


def stack(levels: Curve, sides: int = 24, exponent: float = 2.0) -> Mesh:
    """Return a closed body of horizontal superellipses.

    Args:
        levels: Levels from bottom to top: height, width, depth, and optionally the center's x and z.
        sides: Number of points of a section.
        exponent: 2 for ellipses, larger for squarer sections.
    """
    table = np.zeros((len(levels), 5))
    for row, level in zip(table, levels, strict=True):
        row[: len(level)] = level
    section = ellipse(2.0, 2.0, sides, exponent)
    rings = np.empty((len(table), sides, 3))
    rings[..., 0] = table[:, 3:4] + table[:, 1:2] / 2 * section[:, 1]
    rings[..., 1] = table[:, :1]
    rings[..., 2] = table[:, 4:5] + table[:, 2:3] / 2 * section[:, 0]
    return loft(rings, start=True, end=True)


def ellipsoid(width: float, height: float, depth: float, *, sides: int = 14, rings: int = 8) -> Mesh:
    """Return an ellipsoid of full extents along x, y and z about the origin."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, rings)
    profile = np.stack([np.cos(angle) / 2, np.sin(angle) / 2], axis=1)
    profile[[0, -1], 0] = 0.0
    return revolve(profile, sides).scaled(width, height, depth)


def pebble(width: float, height: float, depth: float, radius: float, *, steps: int = 3) -> Mesh:
    """Return a box of full extents whose edges and corners are rounded with ``radius``."""
    radius = min(radius, 0.499 * min(width, height, depth))
    quarter = np.linspace(0, np.pi / 2, steps + 1)
    around = np.concatenate([quarter + turn * np.pi / 2 for turn in range(4)])
    up = np.concatenate([quarter - np.pi / 2, quarter])
    sign = np.repeat([[1, 1], [1, -1], [-1, -1], [-1, 1]], steps + 1, axis=0)  # of x and z, per point around
    rings = np.empty((len(up), len(around), 3))
    rings[..., 0] = radius * np.cos(up)[:, None] * np.sin(around) + sign[:, 0] * (width / 2 - radius)
    rings[..., 1] = (radius * np.sin(up) + np.repeat([-1, 1], steps + 1) * (height / 2 - radius))[:, None]
    rings[..., 2] = radius * np.cos(up)[:, None] * np.cos(around) + sign[:, 1] * (depth / 2 - radius)
    return loft(rings, start=True, end=True)


def sweep(
    path: Curve,
    section: FloatArray | float,
    *,
    scale: FloatArray | Sequence[float] | float = 1.0,
    sides: int = 8,
    up: Point | None = None,
    caps: bool = True,
) -> Mesh:
    """Return a tube along a curve.

    Args:
        path: Points ``(M, 3)`` of the curve.
        section: Outline ``(K, 2)`` in the plane across the curve, or the radius of a circle.
        scale: Factor on the section, one for all or one for each point of the path.
        sides: Number of points of the circle where ``section`` is a radius.
        up: Direction that the second axis of the section leans to; nowhere parallel to the curve.
        caps: Whether the ends are closed.
    """
    points = np.asarray(path, dtype=float)
    outline = section if isinstance(section, np.ndarray) else ellipse(2 * section, 2 * section, sides)
    tangent = np.gradient(points, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
    if up is None:
        up = np.eye(3)[np.abs(tangent).max(axis=0).argmin()]
    across = np.cross(np.asarray(up, dtype=float), tangent)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    second = np.cross(tangent, across)
    size = np.broadcast_to(np.asarray(scale, dtype=float), (len(points),))[:, None, None]
    offsets = outline[:, :1] * across[:, None] + outline[:, 1:] * second[:, None]
    return loft(points[:, None] + size * offsets, start=caps, end=caps)


def rod(start: Point, end: Point, radius: float, tip: float | None = None, *, sides: int = 10) -> Mesh:
    """Return a straight bar from ``start`` to ``end``: round, or with 4 sides a square one of side ``2 * radius``.

    Args:
        start: First end ``(3,)``.
        end: Second end ``(3,)``.
        radius: Radius at ``start``.
        tip: Radius at ``end``; the same if not given.
        sides: Number of sides.
    """
    section = sharpen(rectangle(2, 2), closed=True) if sides == 4 else ellipse(2, 2, sides)
    up = (0.0, 0.0, 1.0) if abs(end[1] - start[1]) > abs(end[2] - start[2]) else (0.0, 1.0, 0.0)
    return sweep(np.array([start, end], dtype=float), section, scale=[radius, radius if tip is None else tip], up=up)


def extrude(outline: FloatArray, depth: float, *, bevel: float = 0.0) -> Mesh:
    """Return the prism over a star-shaped outline ``(K, 2)`` of the xy plane, from ``-depth / 2`` to ``depth / 2``.

    Args:
        outline: Counter-clockwise corners.
        depth: Extent along z.
        bevel: Share of the outline by which the front and back faces are smaller, for a softened edge.
    """
    corners = sharpen(outline, closed=True)
    middle = outline.mean(axis=0)
    levels = [(-0.5, 1.0), (0.5, 1.0)]
    if bevel:
        levels = [(-0.5, 1 - bevel), *([(-0.5 + bevel, 1.0)] * 2), *([(0.5 - bevel, 1.0)] * 2), (0.5, 1 - bevel)]
    rings = np.empty((len(levels), len(corners), 3))
    for ring, (z, scale) in zip(rings, levels, strict=True):
        ring[:, :2] = middle + (corners - middle) * scale
        ring[:, 2] = z * depth
    return loft(rings, start=True, end=True)


def frame(outer: FloatArray, inner: FloatArray, depth: float) -> Mesh:
    """Return a flat ring of the xy plane between two outlines ``(K, 2)`` of equal K, ``depth`` thick along z."""
    repeats = corner_repeats(outer, closed=True)
    out, hole = np.repeat(outer, repeats, axis=0), np.repeat(inner, repeats, axis=0)
    corners = [out, out, out, hole, hole, hole, hole, out]
    heights = np.array([-0.5, 0.5, 0.5, 0.5, 0.5, -0.5, -0.5, -0.5]) * depth
    rings = np.empty((len(corners), len(out), 3))
    rings[..., :2] = corners
    rings[..., 2] = heights[:, None]
    return loft(rings)


def sheet(grid: FloatArray, thickness: float = 0.0) -> Mesh:
    """Return a bent sheet through a grid ``(M, K, 3)`` of points; with a thickness, a slab around it.

    Args:
        grid: Points; the outward side is that of ``grid[0, 1] - grid[0, 0]`` times ``grid[1, 0] - grid[0, 0]``.
        thickness: Distance of the two sides, along the mean normal of the sheet.
    """
    if not thickness:
        return loft(grid, closed=False)
    normal = np.cross(grid[:, -1] - grid[:, 0], grid[-1:, :].mean(axis=1) - grid[:1].mean(axis=1)).mean(axis=0)
    offset = normal / np.linalg.norm(normal) * thickness / 2
    front, back = grid + offset, grid - offset
    sides = [front, back[:, ::-1]]
    ends = [np.stack([front[-1], back[-1]]), np.stack([back[0], front[0]])]
    edges = [np.stack([front[:, -1], back[:, -1]], axis=1), np.stack([back[:, 0], front[:, 0]], axis=1)]
    return join([loft(part, closed=False) for part in (*sides, *ends, *edges)])
