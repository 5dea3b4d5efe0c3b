"""What tells two surfaces apart whatever their triangles, place, size, turn about the vertical, and mirror image."""

from __future__ import annotations

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, Mesh, face_areas

_A, _B = 0.445948490915965, 0.091576213509771
_WEIGHTS = np.repeat((0.223381589678011, 0.109951743655322), 3)
_PLACES = np.array(
    [
        (s, s, 1 - 2 * s) if k == 0 else (s, 1 - 2 * s, s) if k == 1 else (1 - 2 * s, s, s)
        for s in (_A, _B)
        for k in range(3)
    ]
)
"""Six places on a triangle whose weighted mean is that of any polynomial up to the fourth degree (Dunavant 1985)."""

LENGTH = 14
"""Numbers of a signature."""


def signature(mesh: Mesh) -> list[float]:
    """Return what near-duplicates share: exact means of polynomials over the surface, which need no sampling.

    Area, height and distance from the vertical axis up to the fourth degree, how round the surface is about that axis
    in two, three and four directions, and the extent of the height. Cut into other triangles it stays the same.

    Args:
        mesh: Mesh in normal form: y up, centered on its surface, in the unit sphere.

    Returns:
        ``LENGTH`` numbers between -1 and 1, but for the area.
    """
    weights = (face_areas(mesh.vertices, mesh.faces)[:, None] * _WEIGHTS).ravel()
    x, y, z = np.einsum('qk,fkc->cfq', _PLACES, mesh.vertices[mesh.faces]).reshape(3, -1)
    total = weights.sum()
    share = weights / total
    turn = x + 1j * z
    flat = x * x + z * z
    terms = (y * y, y**3, y**4, flat, flat * flat, y * flat, y * y * flat)
    around = (turn**2, y * turn**2, turn**3, turn**4)
    found = [float(np.sqrt(total / (4 * np.pi)))]
    found += [float((share * term).sum()) for term in terms]
    found += [float(abs((share * term).sum())) for term in around]
    return [
        round(value, 6) + 0.0 for value in (*found, float(mesh.vertices[:, 1].min()), float(mesh.vertices[:, 1].max()))
    ]


def thinness(mesh: Mesh) -> float:
    """Return the extent of a surface across its thinnest direction, as a share of that along its longest."""
    corners: FloatArray = mesh.vertices[mesh.faces]
    weights = face_areas(mesh.vertices, mesh.faces)
    middles = corners.mean(axis=1) - np.average(corners.mean(axis=1), axis=0, weights=weights)
    _, axes = np.linalg.eigh((middles * (weights / weights.sum())[:, None]).T @ middles)
    extent = np.ptp(mesh.vertices @ axes, axis=0)
    return round(float(extent.min() / extent.max()), 6)
