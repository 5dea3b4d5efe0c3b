"""The surroundings of an object in a room: floor, walls, neighbors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, Mesh

EXTENT = 3.6
CELL = 0.3
"""Half the side of the floor, and side of the squares that it and the walls are made of (a square that reaches behind
a camera is not seen at all, so they must be small); the object has radius 1."""

WALL, CORNER = 0.6, 0.3
"""Probabilities of a wall behind the object, and of a second one at its side."""

WALL_GAP = (0.0, 0.25)
NEIGHBOUR_GAP = (-0.15, 0.2)
"""Ranges of the space between the boxes of the object and of what stands next to it; below 0 they overlap, as a chair
does with its table."""

NEIGHBOUR_SIZE = (0.5, 1.1)
"""Range of the radius of a neighbor."""

IN_FRONT, SHRUNK = 1.0, 0.5
"""A neighbor less than this angle in radians from the direction of the camera is made smaller by this factor, so that
it hides a part of the object and not the whole."""


def unit_box(mesh: Mesh) -> Mesh:
    """Center a mesh on its box and scale it to radius 1; vertices without a face do not count."""
    used = mesh.vertices[np.unique(mesh.faces)]
    center = (used.min(axis=0) + used.max(axis=0)) / 2
    radius = float(np.sqrt(((used - center) ** 2).sum(axis=1).max()))
    return Mesh((mesh.vertices - center) / (radius or 1.0), mesh.faces)


def surround(target: Mesh, neighbors: Sequence[Mesh], azimuth: float, rng: np.random.Generator) -> list[Mesh]:
    """Place what surrounds an object, whose front, like all furniture's, looks along an axis of the room.

    Args:
        target: The object, as ``unit_box`` returns it.
        neighbors: Meshes of objects that stand around it, of any size, y up.
        azimuth: Direction of the camera in radians: walls stand opposite to it.
        rng: Source of randomness.

    Returns:
        Floor, walls and neighbors.
    """
    used = target.vertices[np.unique(target.faces)]
    low, high = used.min(axis=0), used.max(axis=0)
    things = [sheet(1).moved(y=low[1])]
    # The two sides that look away from the camera, the farther one first.
    towards = np.array([np.sin(azimuth), np.cos(azimuth)])
    order = [(0, 2)[k] for k in np.argsort(-np.abs(towards))]
    for axis, probability in zip(order, (WALL, CORNER), strict=True):
        drawn, gap = rng.random(), rng.uniform(*WALL_GAP)
        if drawn < probability:
            offset = [0.0, low[1] + EXTENT, 0.0]
            offset[axis] = low[axis] - gap if towards[axis // 2] > 0 else high[axis] + gap
            things.append(sheet(axis).moved(*offset))
    return things + [_beside(mesh, low, high, azimuth, rng) for mesh in neighbors]


def sheet(axis: int) -> Mesh:
    """Return a square of side ``2 * EXTENT`` about the origin, at right angles to an axis, cut into small squares."""
    count = round(2 * EXTENT / CELL)
    line = np.linspace(-EXTENT, EXTENT, count + 1)
    vertices = np.zeros(((count + 1) ** 2, 3))
    first, second = [k for k in range(3) if k != axis]
    vertices[:, first], vertices[:, second] = np.repeat(line, count + 1), np.tile(line, count + 1)
    corner = (np.arange(count)[:, None] * (count + 1) + np.arange(count)).ravel()
    quad = np.stack([corner, corner + 1, corner + count + 2, corner + count + 1], axis=1)
    return Mesh(vertices, np.concatenate([quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]]))


def _beside(mesh: Mesh, low: FloatArray, high: FloatArray, azimuth: float, rng: np.random.Generator) -> Mesh:
    """Stand a neighbor on the floor next to the box from ``low`` to ``high``, in any direction."""
    angle, quarter, tilt = rng.uniform(-np.pi, np.pi), rng.integers(4), 0.15 * rng.standard_normal()
    radius, gap = rng.uniform(*NEIGHBOUR_SIZE), rng.uniform(*NEIGHBOUR_GAP)
    apart = abs((angle - azimuth + np.pi) % (2 * np.pi) - np.pi)
    radius *= SHRUNK if apart < IN_FRONT else 1.0
    body = unit_box(mesh).turned('y', quarter * np.pi / 2 + tilt)
    body = Mesh(body.vertices * radius, body.faces)
    used = body.vertices[np.unique(body.faces)]
    half = (high - low) / 2 + (used.max(axis=0) - used.min(axis=0)) / 2
    direction = np.array([np.sin(angle), np.cos(angle)])
    # The boxes touch as soon as they are apart along x or along z.
    away = float((half[[0, 2]] / np.maximum(np.abs(direction), 1e-9)).min()) + gap
    middle = (low + high) / 2
    x, z = middle[[0, 2]] + direction * away
    return body.moved(x, low[1] - used[:, 1].min(), z)
