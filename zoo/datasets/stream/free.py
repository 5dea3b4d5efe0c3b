"""Objects without a meaning: random solids, joined, cut, bent or drawn as wires (as arXiv 2411.17467 pretrains on)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace

import numpy as np
from scipy.spatial.transform import Rotation

from zoo.datasets.meshes.mesh import FloatArray, join
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.shapes import Parts, Shape
from zoo.datasets.stream.solids import Solid, ball, cone, cube, cylinder, height_field, torus, wireframe

KINDS: dict[str, Callable[[int], Solid]] = {
    'cube': cube,
    'ball': ball,
    'cylinder': cylinder,
    'cone': cone,
    'torus': torus,
}
FINE = {'cube': 3, 'ball': 24, 'cylinder': 24, 'cone': 24, 'torus': 24}
COARSE = {'cube': 1, 'ball': 8, 'cylinder': 8, 'cone': 8, 'torus': 8}
"""Divisions of a cube or sides of a round solid: as a surface, and as wires."""

NAME = 'object'
"""The text about every one of them."""


def recipe(draw: Draw, sizes: SimpleNamespace, parts: Parts) -> str:
    """Make one object; see ``zoo.datasets.procedural.shapes.Recipe``."""
    wires, count = draw.flag('wires', 0.2), draw.count('solids', 1, 6)
    whole = _solid(draw, 0, wires)
    for number in range(1, count):
        mesh = join(whole.pieces)
        touched = mesh.faces[int(draw.rng.random() * len(mesh.faces)), 0]
        other = _solid(draw, number, wires, mesh.vertices[touched])
        operation = draw.style(f'operation_{number}', 'union', 'union', 'union', 'difference', 'intersection')
        whole = Solid((*whole.pieces, *other.pieces), whole.inside) if wires else whole.combined(other, operation)
    corners = join(whole.pieces).vertices
    middle, scale = corners.mean(axis=0), 1 / np.abs(corners - corners.mean(axis=0)).max()
    kind, amount = draw.style('deformation', 'none', 'none', 'bend', 'twist', 'taper'), draw.size('amount', 0.3, 0.8)
    thickness = draw.size('thickness', 0.015, 0.04)
    for number, piece in enumerate(whole.pieces):
        mesh = piece.moved(*-middle).scaled(scale, scale, scale).bent(lambda places: deformed(places, kind, amount))
        paint = draw.paint(f'paint_{number}', 'color', 'plain', 'metal', 'wood', 'clay')
        parts.add(NAME, paint, wireframe(mesh, thickness) if wires else mesh)
    return NAME


FREE = Shape(NAME, (NAME,), {}, recipe)
"""The class of all of them; it is none of the built-in ones."""


def deformed(places: FloatArray, kind: str, amount: float) -> FloatArray:
    """Bend, twist or taper places ``(V, 3)`` within the unit cube along y.

    Args:
        places: What is mapped.
        kind: 'bend', 'twist' or 'taper'; any other changes nothing.
        amount: Radians per unit of height, twice as many in a twist; below 1, or a bend turns things inside out.
    """
    x, y, z = places.T
    if kind == 'bend':
        x, y = (1 - (1 - amount * x) * np.cos(amount * y)) / amount, (1 - amount * x) * np.sin(amount * y) / amount
    elif kind == 'twist':
        cos, sin = np.cos(2 * amount * y), np.sin(2 * amount * y)
        x, z = cos * x + sin * z, cos * z - sin * x
    elif kind == 'taper':
        x, z = (1 - amount * y) * x, (1 - amount * y) * z
    return np.stack([x, y, z], axis=1)


def _solid(draw: Draw, number: int, wires: bool, at: FloatArray | None = None) -> Solid:
    """Draw one solid of any proportions, turned anyhow, about a place ``(3,)``."""
    kind = draw.style(f'kind_{number}', *KINDS, *(() if wires else ('height field',)))
    if kind == 'height field':
        columns = (draw.noise(3, *bounds) for bounds in ((-1.5, 1.5), (-1.5, 1.5), (0, 2 * np.pi), (0.05, 0.15)))
        solid = height_field(4, list(zip(*columns, strict=True)))
    else:
        solid = _primitive(kind, wires)
    extent = np.array(draw.noise(3, 0.3, 1.0)) * (1.0 if at is None else 0.8)
    u, v, w = draw.noise(3)
    turn = Rotation.from_quat(  # uniform over all rotations (Shoemake 1992)
        np.repeat(np.sqrt([1 - u, u]), 2)
        * [np.sin(2 * np.pi * v), np.cos(2 * np.pi * v), np.sin(2 * np.pi * w), np.cos(2 * np.pi * w)]
    )
    return solid.placed(turn.as_matrix() * extent, np.zeros(3) if at is None else at)


@cache
def _primitive(kind: str, wires: bool) -> Solid:
    """Return a solid as it is before it is placed."""
    return KINDS[kind]((COARSE if wires else FINE)[kind])
