"""Seats for one: chair and stool."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import Mesh, mirrored
from zoo.datasets.procedural.captions import graded, sentence
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.families.supports import COLUMNS, WORDS, supports
from zoo.datasets.procedural.outlines import arc
from zoo.datasets.procedural.primitives import box, pebble, revolve, rod, sheet
from zoo.datasets.procedural.shapes import Parts, shape

BACKS = {
    'solid': 'a solid back',
    'slatted': 'a slatted back',
    'ladder': 'a ladder back',
    'framed': 'an open back',
    'curved': 'a curved back',
    'padded': 'a padded back',
}
CHAIR_BASES = ('straight', 'round', 'tapered', 'splayed', 'turned', 'sled', 'star', 'pedestal', 'hairpin')
STOOL_BASES = (*CHAIR_BASES, 'trestle', 'tulip', 'panel')
RAILED = ('straight', 'round', 'tapered', 'splayed')


def seat(style: str, width: float, depth: float, thickness: float) -> Mesh:
    """Return a seat that lies on y = 0: 'flat', 'cushioned' or 'round'."""
    if style == 'round':
        edge = [(0, 0), (width * 0.46, 0), (width / 2, thickness / 2), (width * 0.48, thickness), (0, thickness)]
        return revolve(edge, 20, stretch=depth / width)
    if style == 'cushioned':
        return pebble(width, thickness * 1.5, depth, thickness * 0.6).moved(0, thickness * 0.75, 0)
    return box(width, thickness, depth, 0, thickness / 2, 0)


def arms(width: float, depth: float, height: float, thickness: float, *, padded: bool) -> list[Mesh]:
    """Return two armrests at a height above y = 0, with the posts at their front."""
    x = width / 2 - thickness / 2
    if padded:
        rest = pebble(thickness * 1.6, thickness, depth * 0.9, thickness * 0.5)
    else:
        rest = box(thickness, thickness * 0.7, depth)
    return mirrored(
        rest.moved(x, height, 0), box(thickness * 0.7, height, thickness * 0.7, x, height / 2, depth * 0.36)
    )


def _back(style: str, width: float, height: float, thickness: float, bars: int) -> list[Mesh]:
    """Return a back in the plane z = 0 that stands on y = 0."""
    if style == 'padded':
        return [pebble(width, height * 0.85, thickness * 2, thickness).moved(0, height * 0.57, 0)]
    if style == 'solid':
        return [box(width, height, thickness, 0, height / 2)]
    if style == 'curved':
        bow = arc(width * 0.62, np.pi * 0.2, np.pi * 0.8, 9) - (0, width * 0.55)
        rows = [[(-x, y * height, -z) for x, z in bow] for y in np.linspace(0.15, 1, 4)]
        return [sheet(np.array(rows), thickness * 0.7)]
    posts = mirrored(box(thickness, height, thickness, (width - thickness) / 2, height / 2))
    inner = width - 2 * thickness
    if style == 'ladder':
        levels = np.linspace(height * 0.25, height - thickness, bars)
        return [*posts, *(box(inner, thickness * 1.3, thickness * 0.6, 0, y) for y in levels)]
    rail = box(inner, thickness * 1.6, thickness * 0.8, 0, height - thickness * 0.8)
    if style == 'framed':
        return [*posts, rail, box(inner, thickness, thickness * 0.8, 0, height * 0.45)]
    slats = np.linspace(-inner / 2, inner / 2, bars + 2)[1:-1]
    return [*posts, rail, *(rod((x, 0, 0), (x, height, 0), thickness * 0.3, sides=6) for x in slats)]


@shape(
    'chair',
    ('seat', 'back', 'leg', 'arm'),
    width=(0.38, 0.6),
    depth=(0.38, 0.58),
    height=(0.32, 0.58),
    thickness=(0.025, 0.1),
    back=(0.22, 0.72),
    tilt=(0.0, 0.34),
    leg=(0.022, 0.065),
    arm=(0.16, 0.27),
)
def chair(p: Draw, s: Any, parts: Parts) -> str:
    """A seat for one, with a back."""
    form, back, base = (
        p.style('seat', 'flat', 'cushioned', 'round'),
        p.style('back_style', *BACKS),
        p.style('base', *CHAIR_BASES),
    )
    armed, bars = p.flag('arms', 0.4), p.count('bars', 3, 6)
    frame, cover = (
        p.paint('frame_color', 'wood', 'metal', 'plain', 'color'),
        p.paint('seat_color', 'color', 'plain', 'wood'),
    )
    top = s.height + s.thickness * 0.6
    parts.add('seat', cover, seat(form, s.width, s.depth, s.thickness), at=(0, s.height, 0))
    rest = _back(back, s.width * 0.96, s.back, 0.02 + s.leg * 0.4, bars)
    barred = back in ('slatted', 'ladder', 'framed')
    parts.add('back', frame if barred else cover, rest, turn=('x', -s.tilt), at=(0, top, 0.02 - s.depth / 2))
    squeeze = 0.72 if form == 'round' and base not in COLUMNS else 1.0
    parts.add('leg', frame, supports(base, s.width * squeeze, s.depth * squeeze, s.height, s.leg))
    if armed:
        rests = arms(s.width + s.leg, s.depth, s.arm, s.leg, padded=form == 'cushioned')
        parts.add('arm', frame, rests, at=(0, top, 0))
    features = [WORDS[base], BACKS[back], 'armrests' if armed else '']
    return sentence('chair', [graded(s.height, 0.37, 'low', 9, ''), cover.word], features)


@shape(
    'stool',
    ('seat', 'leg', 'ring', 'back'),
    width=(0.28, 0.5),
    depth=(0.28, 0.5),
    height=(0.22, 0.85),
    thickness=(0.02, 0.13),
    leg=(0.022, 0.07),
    ring=(0.2, 0.5),
)
def stool(p: Draw, s: Any, parts: Parts) -> str:
    """A seat for one, as a rule without a back."""
    form, base = p.style('seat', 'flat', 'cushioned', 'round', 'round'), p.style('base', *STOOL_BASES)
    ring, back = p.flag('railed', 0.45) and base in RAILED, p.flag('low_back', 0.15)
    frame, cover = p.paint('frame_color', 'wood', 'metal', 'plain'), p.paint('seat_color', 'color', 'wood', 'plain')
    squeeze = 0.7 if form == 'round' and base not in COLUMNS else 0.92
    inner, deep = s.width * squeeze, s.depth * squeeze
    parts.add('seat', cover, seat(form, s.width, s.depth, s.thickness), at=(0, s.height, 0))
    parts.add('leg', frame, supports(base, inner, deep, s.height, s.leg))
    if ring:
        grow = 1 + 0.22 * (1 - s.ring) if base == 'splayed' else 1.0
        rails = _rails((inner - s.leg) / 2 * grow, (deep - s.leg) / 2 * grow, s.leg * 0.3)
        parts.add('ring', frame, rails, at=(0, s.height * s.ring, 0))
    if back:
        y, z = s.height + s.thickness, -s.depth * 0.42
        parts.add('back', cover, box(s.width * 0.8, 0.12, 0.025, 0, y + 0.1, z))
        parts.add('back', cover, mirrored(box(0.03, 0.16, 0.02, s.width * 0.25, y + 0.05, z)))
    features = [WORDS[base], f'a {form} seat', 'a foot rail' if ring else '', 'a low back' if back else '']
    return sentence('stool', [graded(s.height, 0.36, 'low', 0.65, 'tall'), cover.word], features)


def _rails(x: float, z: float, radius: float) -> list[Mesh]:
    """Return four bars along the sides of a rectangle in the plane y = 0."""
    across = [rod((-x, 0, side * z), (x, 0, side * z), radius, sides=6) for side in (-1, 1)]
    return [*across, *mirrored(rod((x, 0, -z), (x, 0, z), radius, sides=6))]
