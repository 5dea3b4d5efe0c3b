"""What gives light: lamp."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, Mesh
from zoo.datasets.procedural.captions import sentence
from zoo.datasets.procedural.colors import Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.outlines import arc, spline
from zoo.datasets.procedural.primitives import box, ellipsoid, revolve, rod, sweep
from zoo.datasets.procedural.shapes import Parts, shape

SHADES = {
    'cone': 'a conical shade',
    'drum': 'a drum shade',
    'dome': 'a domed shade',
    'globe': 'a globe',
    'pleated': 'a pleated shade',
}
STANDS = {
    'pole': 'a thin pole',
    'urn': 'an urn-shaped foot',
    'balls': 'a stand of balls',
    'block': 'a block-shaped foot',
    'tripod': 'a tripod',
}
KINDS = {'table': '', 'floor': '', 'desk': 'a jointed arm', 'hanging': 'a cord', 'arc': 'a curved arm'}
BULB = Paint('warm white', (0.98, 0.94, 0.75))


@shape(
    'lamp',
    ('shade', 'stand', 'arm', 'bulb', 'cord'),
    height=(0.22, 0.58),
    radius=(0.1, 0.28),
    shade=(0.1, 0.34),
    top=(0.25, 0.85),
    foot=(0.08, 0.22),
    pole=(0.007, 0.024),
    belly=(0.05, 0.14),
    reach=(0.2, 0.5),
    elbow=(0.3, 1.1),
)
def lamp(p: Draw, s: Any, parts: Parts) -> str:
    """A light with a shade: on a table, on the floor, on an arm, or hanging."""
    kind, cover = p.style('kind', 'table', *KINDS), p.style('shade_style', *SHADES)
    stand, folds = p.style('stand', *STANDS), p.count('folds', 3, 5)
    frame, cloth = (
        p.paint('stand_color', 'metal', 'wood', 'clay', 'dark'),
        p.paint('shade_color', 'pale', 'plain', 'color'),
    )
    mesh = _shade(cover, s, folds)
    if kind == 'floor' and stand not in ('pole', 'tripod'):
        stand = 'pole'
    if kind in ('table', 'floor'):
        height = s.height * (2.6 if kind == 'floor' else 1.0)
        parts.add('stand', frame, _stand(stand, s, height))
        parts.add('shade', cloth, mesh, at=(0, height - s.shade * 0.25, 0))
        parts.add('bulb', BULB, ellipsoid(0.06, 0.08, 0.06, sides=10, rings=6), at=(0, height + 0.03, 0))
    elif kind == 'hanging':
        top = s.shade + s.height
        parts.add('cord', frame, rod((0, s.shade * 0.9, 0), (0, top, 0), s.pole * 0.6, sides=6))
        parts.add('cord', frame, rod((0, top, 0), (0, top + 0.03, 0), s.foot * 0.6, sides=14))
        parts.add('shade', cloth, mesh)
        parts.add('bulb', BULB, ellipsoid(0.06, 0.1, 0.06, sides=10, rings=6), at=(0, s.shade * 0.4, 0))
    else:
        _arm(parts, (frame, cloth), mesh, s, long=kind == 'arc')
    name = {'arc': 'arc floor lamp', 'hanging': 'hanging lamp'}.get(kind, f'{kind} lamp')
    return sentence(name, [cloth.word], [SHADES[cover], KINDS[kind] or STANDS[stand]])


def _shade(style: str, s: Any, folds: int) -> Mesh:
    """Return a lamp shade whose lower rim is at y = 0, open below."""
    if style == 'globe':
        return ellipsoid(2 * s.radius, 1.8 * s.radius, 2 * s.radius, sides=16, rings=10).moved(0, s.radius * 0.9, 0)
    if style == 'dome':
        return revolve(arc(1.0, 0, np.pi / 2, 8) * (s.radius, s.shade), 20)
    narrow = s.radius * (0.92 if style == 'drum' else s.top)
    profile = [(s.radius, 0), (s.radius, 0.004), (narrow, s.shade), (narrow * 0.97, s.shade)]
    if style != 'pleated':
        return revolve(profile, 20)

    def pleat(v: FloatArray) -> FloatArray:
        fold = np.sign(np.sin(3 * folds * np.arctan2(v[:, 0], v[:, 2]) + 0.1))
        v[:, [0, 2]] *= (1 + 0.07 * fold)[:, None]
        return v

    return revolve(profile, 6 * folds).bent(pleat)


def _stand(style: str, s: Any, height: float) -> list[Mesh]:
    """Return the foot and the body of a standing lamp, up to ``height``."""
    plate = revolve([(0, 0), (s.foot, 0), (s.foot, 0.02), (s.foot * 0.3, 0.035), (0, 0.035)], 20)
    pole = revolve([(0, 0), (s.pole, 0), (s.pole, height), (0, height)], 8)
    if style == 'pole':
        return [plate, pole]
    if style == 'urn':
        levels = np.array([0.02, 0.35, 0.6, 0.85, 1.0]) * height
        radii = (s.foot * 0.6, s.belly, s.belly * 0.7, s.pole, s.pole)
        curve = spline(list(zip(radii, levels, strict=True)), 12)
        return [revolve([(0, 0), (s.foot * 0.7, 0), *curve, (0, height)], 18)]
    if style == 'balls':
        count = max(2, round(height / (2.2 * s.belly)))
        ball = ellipsoid(height / count * 0.8, height / count, height / count * 0.8, sides=12, rings=7)
        return [plate, *(ball.moved(0, (i + 0.5) * height / count, 0) for i in range(count))]
    if style == 'block':
        return [box(s.belly * 1.5, height * 0.85, s.belly * 1.5, 0, height * 0.425), pole]
    angles, reach = np.arange(3) * 2 * np.pi / 3 + 0.5, s.foot * 1.5
    return [rod((reach * np.sin(a), 0, reach * np.cos(a)), (0, height, 0), s.pole, sides=6) for a in angles]


def _arm(parts: Parts, paints: tuple[Paint, Paint], shade: Mesh, s: Any, *, long: bool) -> None:
    """Add a lamp whose shade hangs from an arm: jointed on a desk, or one long arc over the floor."""
    frame, cloth = paints
    foot = s.foot
    parts.add('stand', frame, revolve([(0, 0), (foot, 0), (foot, 0.025), (foot * 0.3, 0.04), (0, 0.04)], 20))
    if long:
        angle = np.linspace(0, np.pi * 0.85, 12)
        bow = np.stack([s.reach * (1 - np.cos(angle)), s.height * 1.1 * (1 + np.sin(angle)), 0 * angle], axis=1)
        path = np.concatenate([[(0, 0, 0)], bow])
        parts.add('arm', frame, sweep(path, s.pole, sides=6, up=(0, 0, 1)))
        head = shade.scaled(0.75, 0.75, 0.75).moved(path[-1, 0], path[-1, 1] - s.shade * 0.75, 0)
    else:
        elbow = (-0.25 * s.reach * s.elbow, s.height * 0.75, 0)
        tip = (s.reach * 0.8, s.height * 1.05, 0)
        parts.add('arm', frame, rod((0, 0.02, 0), elbow, s.pole, sides=6), rod(elbow, tip, s.pole, sides=6))
        parts.add('arm', frame, ellipsoid(0.045, 0.045, 0.045, sides=8, rings=5), at=elbow)
        head = shade.scaled(0.6, 0.6, 0.6).moved(0, -s.shade * 0.6, 0).turned('z', 0.5 * s.elbow).moved(*tip)
    parts.add('shade', cloth, head)
    parts.add('bulb', BULB, ellipsoid(0.05, 0.05, 0.05, sides=8, rings=5), at=head.vertices.mean(axis=0))
