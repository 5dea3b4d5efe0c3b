"""What flies: airplane."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, Mesh, mirrored
from zoo.datasets.procedural.captions import counted, sentence
from zoo.datasets.procedural.colors import MIRROR, RUBBER, Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.outlines import ellipse, spline
from zoo.datasets.procedural.primitives import box, ellipsoid, loft, revolve, rod
from zoo.datasets.procedural.shapes import Parts, shape

STYLES = ('jets', 'jets', 'propeller', 'rear jets', 'propellers', 'fighter', 'glider')
KINDS = {'fighter': 'fighter', 'glider': 'glider', 'propeller': 'propeller'}
WING_HEIGHTS = {'low': -0.6, 'middle': 0.0, 'high': 0.75}
"""Where the wing joins the fuselage, in units of its radius."""


@shape(
    'airplane',
    ('fuselage', 'wing', 'tail', 'engine', 'gear', 'window'),
    radius=(0.09, 0.22),
    length=(1.6, 2.7),
    span=(0.65, 1.5),
    chord=(0.22, 0.62),
    sweep=(-0.05, 0.75),
    taper=(0.25, 0.9),
    dihedral=(-0.05, 0.2),
    wing=(-0.2, 0.2),
    fin=(0.25, 0.58),
    tail=(0.26, 0.52),
    nose=(0.12, 0.35),
    rise=(0.1, 0.8),
    section=(0.8, 1.25),
)
def airplane(p: Draw, s: Any, parts: Parts) -> str:
    """A fuselage with wings and a tail; the nose points towards +z."""
    style, place = p.style('engines', *STYLES), p.style('wing_place', *WING_HEIGHTS)
    tee, gear, pairs = p.flag('t_tail', 0.25), p.flag('landing_gear', 0.5), p.count('engine_pairs', 1, 2)
    biplane = p.flag('biplane', 0.35) and style == 'propeller'
    body, accent = p.paint('color', 'pale', 'metal', 'plain', 'color'), p.paint('accent', 'color', 'metal')
    metal = p.paint('engine_color', 'metal', 'dark')
    if style == 'fighter':
        s.sweep, s.chord, s.span = s.sweep + 0.35, s.chord * 1.4, s.span * 0.7
    elif style == 'glider':
        s.sweep, s.chord, s.span = 0.02, s.chord * 0.55, s.span * 1.5
    height = WING_HEIGHTS[place] * s.radius
    hull, top = _fuselage(s)
    parts.add('fuselage', body, hull)
    _wings(parts, body, metal, s, height, biplane=biplane)
    _tail(parts, accent, s, top, tee=tee)
    _engines(parts, metal, style, pairs, s, height, top)
    canopy = ellipsoid(s.radius * 1.3, s.radius * 1.3, s.radius * 3.4, sides=12, rings=7)
    parts.add('window', MIRROR, canopy, at=(0, s.radius * 0.65, s.length * (0.5 - s.nose * 0.7) - s.radius))
    if gear:
        _gear(parts, s)
    words = {
        'jets': f'{counted(2 * pairs, "jet engine")} under the wings',
        'propeller': 'a propeller on the nose',
        'rear jets': 'two jet engines at the tail',
        'propellers': counted(2 * pairs, 'propeller engine'),
        'fighter': 'delta wings',
        'glider': 'very long wings',
    }
    swept = 'swept wings' if s.sweep > 0.45 and style != 'fighter' else ''
    features = [
        words[style],
        swept,
        'two pairs of wings' if biplane else '',
        'a T-tail' if tee else '',
        'landing gear' if gear else '',
    ]
    return sentence('airplane', [body.word, KINDS.get(style, 'passenger')], features)


def _fuselage(s: Any) -> tuple[Mesh, float]:
    """Return the body along z, and the height of its tail over its axis."""
    n = s.nose
    knots = [
        (-0.5, 0.12),
        (-0.3, 0.62),
        (-0.1, 1.0),
        (0.5 - n, 1.0),
        (0.5 - n * 0.4, 0.78),
        (0.5 - n * 0.1, 0.4),
        (0.5, 0.05),
    ]
    curve = spline(knots, 15)
    z, radius = curve[:, :1] * s.length, np.maximum(curve[:, 1:], 0.05) * s.radius
    lift = np.clip(-(z / s.length + 0.15), 0, None) * s.rise * s.radius * 3
    section = ellipse(2, 2 * s.section, 16)
    rings = np.stack([section[:, 0] * radius, section[:, 1] * radius + lift, np.broadcast_to(z, (15, 16))], axis=-1)
    return loft(rings, start=True, end=True), float(lift[0, 0])


def _wing(span: float, chord: float, taper: float, sweep: float, dihedral: float = 0.0) -> Mesh:
    """Return a wing from the origin along +x, its root centered at z = 0."""
    section: FloatArray = np.array([(0.5, 0.0), (0.25, 0.5), (-0.1, 0.45), (-0.5, 0.0), (-0.1, -0.35), (0.25, -0.4)])
    steps = np.linspace(0, 1, 4)[:, None]
    size = chord * (1 + (taper - 1) * steps)
    rings = np.empty((4, 6, 3))
    rings[..., 0] = span * steps
    rings[..., 1] = span * dihedral * steps + section[:, 1] * size * 0.18
    rings[..., 2] = section[:, 0] * size - span * sweep * steps
    return loft(rings[:, ::-1], start=True, end=True)


def _wings(parts: Parts, paint: Paint, metal: Paint, s: Any, height: float, *, biplane: bool) -> None:
    """Add the wings, and a second pair above them."""
    wing = _wing(s.span, s.chord, s.taper, s.sweep, s.dihedral)
    parts.add('wing', paint, mirrored(wing.moved(s.radius * 0.6, height, s.wing)))
    if biplane:
        x, upper = s.radius + s.span * 0.6, height + s.radius * 2.6
        parts.add('wing', paint, mirrored(wing.moved(0, upper, s.wing)))
        strut = rod((x, height, s.wing), (x - s.radius * 0.5, upper, s.wing), 0.015, sides=6)
        parts.add('gear', metal, mirrored(strut))


def _tail(parts: Parts, paint: Paint, s: Any, top: float, *, tee: bool) -> None:
    """Add the fin and the tail planes, at its foot or on its tip."""
    back = -s.length * 0.47
    fin = _wing(s.fin, s.chord * 0.75, 0.5, 0.45).turned('z', np.pi / 2)
    parts.add('tail', paint, fin, at=(0, top + s.radius * 0.2, back + s.chord * 0.3))
    plane = _wing(s.tail, s.chord * 0.55, 0.55, 0.35)
    at = (top + s.fin, back + s.chord * 0.1 - s.fin * 0.45) if tee else (top + s.radius * 0.1, back + s.chord * 0.25)
    parts.add('tail', paint, mirrored(plane.moved(0, *at)))


def _engines(parts: Parts, metal: Paint, style: str, pairs: int, s: Any, height: float, top: float) -> None:
    """Add what drives the airplane."""
    profile = [(0, -0.16), (0.035, -0.16), (0.06, -0.05), (0.07, 0.1), (0.055, 0.16), (0.02, 0.1), (0, 0.1)]
    pod = revolve(profile, 12).turned('x', np.pi / 2)
    if style in ('jets', 'propellers'):
        down = -0.09 if style == 'jets' else 0.0
        for share in (0.35, 0.65) if pairs == 2 else (0.42,):
            at = (s.radius * 0.6 + s.span * share, height + down, s.wing - s.span * s.sweep * share + s.chord * 0.25)
            spinning = [blade.moved(0, 0, 0.18) for blade in _propeller(0.16)] if style == 'propellers' else []
            parts.add('engine', metal, mirrored(*(mesh.moved(*at) for mesh in (pod, *spinning))))
    elif style == 'rear jets':
        at = (s.radius + 0.05, top * 0.7 + s.radius * 0.3, -s.length * 0.3)
        parts.add('engine', metal, mirrored(pod.moved(*at)))
    elif style == 'propeller':
        hub = ellipsoid(0.07, 0.07, 0.12, sides=8, rings=5)
        parts.add('engine', metal, _propeller(s.radius * 1.9), hub, at=(0, 0, s.length * 0.5))
    elif style == 'fighter':
        tube = revolve([(0.07, -0.6), (0.09, 0), (0.05, 0.3)], 12).turned('x', np.pi / 2)
        parts.add('engine', metal, mirrored(tube.moved(s.radius * 0.8, -s.radius * 0.2, -s.length * 0.2)))


def _propeller(radius: float) -> list[Mesh]:
    return [box(0.04, 2 * radius, 0.012).turned('z', angle) for angle in (0.6, 0.6 + np.pi / 2)]


def _gear(parts: Parts, s: Any) -> None:
    """Add three wheels on struts."""
    wheel = revolve([(0, -0.02), (0.05, -0.02), (0.05, 0.02), (0, 0.02)], 10).turned('z', np.pi / 2)
    strut = rod((0, -s.radius * 0.6, 0), (0, -s.radius * 1.9, 0), 0.015, sides=6)
    for x, z in ((-s.radius * 0.9, s.wing - 0.05), (s.radius * 0.9, s.wing - 0.05), (0, s.length * 0.36)):
        parts.add('gear', RUBBER, strut, wheel.moved(0, -s.radius * 1.9), at=(x, 0, z))
