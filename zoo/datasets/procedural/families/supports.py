"""What furniture stands on."""

from __future__ import annotations

import numpy as np

from zoo.datasets.meshes.mesh import Mesh, four, mirrored
from zoo.datasets.procedural.outlines import spline
from zoo.datasets.procedural.primitives import box, revolve, rod, sweep

WORDS = {
    'straight': 'four straight legs',
    'round': 'four round legs',
    'tapered': 'four tapered legs',
    'splayed': 'four splayed legs',
    'turned': 'four turned legs',
    'hairpin': 'hairpin legs',
    'sled': 'a sled base',
    'panel': 'two side panels',
    'trestle': 'crossed legs',
    'pedestal': 'a round pedestal',
    'star': 'a star base',
    'tulip': 'a tulip foot',
}
"""How captions speak of each style."""

COLUMNS = ('pedestal', 'star', 'tulip')
"""Styles that stand under the middle."""


def supports(style: str, width: float, depth: float, height: float, thickness: float) -> list[Mesh]:
    """Return what carries a top, from the floor to ``height``, centered at x = z = 0.

    Args:
        style: A key of ``WORDS``.
        width: Distance of the outer edges along x.
        depth: Distance of the outer edges along z.
        height: Distance from the floor to the underside of the top.
        thickness: Width of a leg.
    """
    x, z = (width - thickness) / 2, (depth - thickness) / 2
    if style in COLUMNS:
        return _column(style, min(width, depth), height, thickness)
    if style == 'panel':
        return mirrored(box(thickness * 0.6, height, depth, x, height / 2))
    if style == 'sled':
        bar = thickness * 0.6
        return [*four(box(bar, height, bar, x, height / 2, z)), *mirrored(box(bar, bar, 2 * z, x, bar / 2))]
    if style == 'trestle':
        return four(rod((x * 0.85, 0, z), (x * 0.85, height, -z), thickness * 0.4, sides=4))
    return four(_leg(style, x, z, height, thickness))


def _leg(style: str, x: float, z: float, height: float, thickness: float) -> Mesh:
    """Return one leg under the corner ``(x, z)``."""
    radius = thickness / 2
    if style == 'straight':
        return box(thickness, height, thickness, x, height / 2, z)
    if style == 'hairpin':
        across = np.array([-0.64, -0.12, 0.12, 0.64]) * thickness
        path = [(x + dx, y, z) for dx, y in zip(across, (height, 0.02, 0.02, height), strict=True)]
        return sweep(path, thickness * 0.16, sides=6, up=(0, 0, 1))
    if style == 'turned':
        levels = np.array([0.0, 0.12, 0.45, 0.6, 0.68, 0.75, 0.8, 1.0]) * height
        radii = np.array([0.6, 0.45, 0.9, 0.65, 1.0, 0.5, 1.0, 1.0]) * radius
        return revolve([(0, 0), *zip(radii, levels, strict=True), (0, height)], 8).moved(x, 0, z)
    spread = 1.22 if style == 'splayed' else 1.0
    return rod((x * spread, 0, z * spread), (x, height, z), radius if style == 'round' else radius * 0.45, radius)


def _column(style: str, width: float, height: float, thickness: float) -> list[Mesh]:
    """Return a column with a foot as wide as the top allows."""
    radius, foot = thickness * 0.6, width * 0.36
    if style == 'tulip':
        levels = np.array([0.02, 0.1, 0.45, 0.8, 1.0]) * height
        curve = spline(list(zip((foot, foot * 0.55, radius, radius, foot * 0.5), levels, strict=True)), 12)
        return [revolve([(0, 0), (foot, 0), *curve, (0, height)], 18)]
    if style == 'pedestal':
        plate = [(0, 0), (foot, 0), (foot, thickness / 2), (radius, thickness)]
        return [revolve([*plate, (radius, height), (0, height)], 18)]
    meshes = [revolve([(0, 0.08 * height), (radius, 0.08 * height), (radius, height), (0, height)], 10)]
    caster = revolve([(0, 0), (radius * 0.6, 0.03 * height), (0, 0.07 * height)], 8)
    for angle in np.arange(5) * 2 * np.pi / 5:
        x, z = foot * 1.15 * np.sin(angle), foot * 1.15 * np.cos(angle)
        meshes.append(rod((0, 0.14 * height, 0), (x, 0.07 * height, z), radius * 0.8, radius * 0.5, sides=4))
        meshes.append(caster.moved(x, 0, z))
    return meshes
