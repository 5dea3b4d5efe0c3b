"""Leaves, stems and blossoms."""

from __future__ import annotations

import numpy as np

from zoo.datasets.meshes.mesh import Mesh
from zoo.datasets.procedural.colors import PALETTES, Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.primitives import ellipsoid, sheet, sweep
from zoo.datasets.procedural.shapes import Parts

STEM = Paint(*PALETTES['leaf'][0])


def leaf(length: float, width: float, droop: float, fold: float = 0.25) -> Mesh:
    """Return a leaf that grows from the origin along +z and bends down.

    Args:
        length: Length from the stalk to the tip, along the leaf.
        width: Width at the widest place.
        droop: Angle in radians by which the tip points lower than the stalk.
        fold: Height of the edges over the midrib, as a share of the half width.
    """
    t = np.linspace(0, 1, 7)
    angle = droop * t
    z = np.concatenate([[0], np.cumsum(np.cos(angle[1:]))]) * length / 6
    y = -np.concatenate([[0], np.cumsum(np.sin(angle[1:]))]) * length / 6
    half = width / 2 * np.sin(np.pi * (0.06 + 0.94 * t) ** 0.75)
    rows = [np.stack([side * half, y + abs(side) * half * fold, z], axis=1) for side in (-1, 0, 1)]
    return sheet(np.stack(rows, axis=1)[:, ::-1])


def stem(x: float, z: float, base: float, height: float, lean_x: float, lean_z: float, radius: float) -> Mesh:
    """Return a stem that starts upright at ``(x, base, z)`` and leans over as it rises by ``height``."""
    t = np.linspace(0, 1, 5)
    path = np.stack([x + lean_x * t**2, base + height * t, z + lean_z * t**2], axis=1)
    return sweep(path, radius, sides=5, up=(0, 0, 1))


def bouquet(p: Draw, parts: Parts, name: str, petal: Paint | None, *, base: float, radius: float, rise: float) -> None:
    """Add stems with leaves, and with blossoms where a petal color is given.

    Args:
        p: Source of randomness; draws 'stems' and 'stem_height'.
        parts: Receives the meshes.
        name: Part that they belong to.
        petal: Color of the blossoms, None for leaves only.
        base: Height from which the stems rise.
        radius: Radius of the circle that they rise in.
        rise: Greatest length of a stem.
    """
    count, height = p.count('stems', 3, 7), p.size('stem_height', 0.5, 1.0) * rise
    for turn in range(count):
        angle = 2 * np.pi * turn / count + p.noise(1)[0]
        tall, out, wide = p.noise(3, 0.7, 1.1)
        x, z = np.sin(angle) * radius * 0.5, np.cos(angle) * radius * 0.5
        lean = 0.35 * height * out
        tip = (x + np.sin(angle) * lean, base + height * tall, z + np.cos(angle) * lean)
        parts.add(name, STEM, stem(x, z, base, height * tall, np.sin(angle) * lean, np.cos(angle) * lean, 0.01))
        blade = leaf(0.4 * height * wide, 0.14 * height, 1.0).turned('x', -0.6).turned('y', angle + 1.0)
        parts.add(name, STEM, blade, at=(x, base + height * 0.35, z))
        if petal is None:
            blade = leaf(0.5 * height, 0.2 * height, 1.2).turned('x', -0.5).turned('y', angle)
            parts.add(name, STEM, blade, at=tip)
        else:
            size = 0.22 * height * wide
            parts.add(name, petal, ellipsoid(size, size * 0.75, size, sides=9, rings=6), at=tip)
