"""What a potter makes: hollow bodies, ears, sections that are not round."""

from __future__ import annotations

import numpy as np

from zoo.datasets.meshes.mesh import Curve, FloatArray, Mesh, Point
from zoo.datasets.procedural.outlines import arc
from zoo.datasets.procedural.primitives import revolve, stack, sweep


def hollow(outside: FloatArray, wall: float, floor: float) -> FloatArray:
    """Close a profile ``(K, 2)`` of (radius, height) that goes up the outside: over the rim and down the inside.

    Args:
        outside: Profile from the bottom to the rim.
        wall: Thickness of the wall.
        floor: Height of the inner bottom.
    """
    inside = outside[::-1] - (wall, 0.0)
    inside[:, 0] = np.maximum(inside[:, 0], 0.004)
    inside = inside[inside[:, 1] > floor]
    bottom = [(float(inside[-1, 0]), floor)] if len(inside) else []
    return np.concatenate([[(0.0, outside[0, 1])], outside, inside, *([bottom] if bottom else []), [(0.0, floor)]])


def turned(profile: Curve, *, depth: float = 1.0, exponent: float = 2.0, sides: int = 24) -> Mesh:
    """Return the body of a profile ``(K, 2)`` of (radius, height), with superelliptic sections.

    Args:
        profile: Radii and heights; heights may go up and down.
        depth: Factor on the z axis.
        exponent: 2 for a round section, more for a squarer one.
        sides: Number of points of a section.
    """
    if exponent == 2.0:
        return revolve(profile, sides, stretch=depth)
    return stack([(y, 2 * radius, 2 * radius * depth) for radius, y in profile], sides, exponent)


def ear(near: Point, far: Point, reach: float, thickness: float, *, square: bool = False) -> Mesh:
    """Return a handle along +x that joins a body at two places.

    Args:
        near: Radius and height of the lower end.
        far: Radius and height of the upper end.
        reach: Distance by which it stands out.
        thickness: Radius of the handle itself.
        square: Whether it has corners.
    """
    bend = arc(1.0, -np.pi / 2, np.pi / 2, 9)
    if square:
        bend = np.sign(bend) * np.abs(bend) ** 0.5
    rise = (bend[:, 1:] + 1) / 2
    path = np.zeros((9, 3))
    path[:, :2] = np.asarray(near) * (1 - rise) + np.asarray(far) * rise
    path[:, 0] += bend[:, 0] * reach
    return sweep(path, thickness, sides=6, up=(0, 0, 1))
