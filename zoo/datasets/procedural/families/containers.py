"""What stands around and holds something: vase, flower pot, bin."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, Mesh, mirrored
from zoo.datasets.procedural.captions import graded, sentence
from zoo.datasets.procedural.colors import SOIL
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.families.greenery import bouquet
from zoo.datasets.procedural.families.turning import ear, hollow, turned
from zoo.datasets.procedural.outlines import spline
from zoo.datasets.procedural.primitives import pebble, revolve, rod
from zoo.datasets.procedural.shapes import Parts, shape


@shape(
    'vase',
    ('body', 'neck', 'handle', 'flower'),
    height=(0.35, 0.85),
    foot=(0.05, 0.16),
    belly=(0.1, 0.28),
    belly_height=(0.25, 0.7),
    neck=(0.035, 0.15),
    mouth=(0.05, 0.22),
    neck_height=(0.75, 0.92),
    ribs=(0.01, 0.06),
)
def vase(p: Draw, s: Any, parts: Parts) -> str:
    """An open vessel with a curved outline, for flowers."""
    style = p.style('style', 'curved', 'curved', 'curved', 'straight', 'square')
    handles, flowers, ribbed, count = (
        p.flag('handles', 0.2),
        p.flag('flowers', 0.3),
        p.flag('ribbed', 0.25),
        p.count('rib_count', 6, 12),
    )
    color, second = p.paint('color', 'clay', 'color', 'glass', 'pale'), p.paint('flower_color', 'color')
    h, mouth = s.height, s.mouth
    if style == 'curved':
        knots = [(s.foot, 0), (s.belly, s.belly_height * h), (s.neck, s.neck_height * h), (mouth, h)]
        outside = np.maximum(spline(knots, 16), (0.03, 0.0))
    else:
        rise, mouth = np.linspace(0, 1, 8), min(mouth, s.belly)
        outside = np.stack([s.foot + (mouth - s.foot) * rise + 0.04 * np.sin(rise * 3.1), h * rise], axis=1)

    def flute(v: FloatArray) -> FloatArray:
        v[:, [0, 2]] *= (1 + s.ribs * np.sin(count * np.arctan2(v[:, 0], v[:, 2])))[:, None]
        return v

    body = turned(hollow(outside, 0.012, 0.02), exponent=7.0 if style == 'square' else 2.0)
    parts.add('body', color, body.bent(flute) if ribbed else body)
    lip = [(mouth, h), (mouth * 1.08, h), (mouth * 1.08, h + 0.02), (mouth, h + 0.02)]
    parts.add('neck', color, revolve(lip, 20))
    if handles:
        ends = [(float(np.interp(h * at, outside[:, 1], outside[:, 0])) - 0.005, h * at) for at in (0.55, 0.92)]
        parts.add('handle', color, mirrored(ear(ends[0], ends[1], s.belly * 0.7, 0.016)))
    if flowers:
        bouquet(p, parts, 'flower', second, base=h, radius=mouth * 0.6, rise=h)
    kind = 'tall' if h > 4.4 * s.belly else 'round-bellied' if s.belly > 0.35 * h and style == 'curved' else ''
    features = ['two handles' if handles else '', 'ribs' if ribbed else '', f'{second.word} flowers' if flowers else '']
    return sentence('vase', [kind, color.word, 'square' if style == 'square' else ''], features)


@shape(
    'flower pot',
    ('pot', 'rim', 'soil', 'saucer', 'plant'),
    radius=(0.12, 0.27),
    height=(0.14, 0.44),
    taper=(0.5, 1.0),
    rim=(0.015, 0.1),
    lip=(0.005, 0.035),
    level=(0.72, 0.92),
    belly=(-0.03, 0.09),
    depth=(0.27, 0.6),
    spread=(0.6, 1.4),
)
def flower_pot(p: Draw, s: Any, parts: Parts) -> str:
    """A pot of earth, empty or with a small plant."""
    section, saucer = p.style('section', 'round', 'round', 'square', 'trough'), p.flag('saucer', 0.4)
    green = p.style('plant', 'none', 'none', 'flowers', 'sprouts')
    clay, petal = p.paint('color', 'clay', 'clay', 'color', 'plain'), p.paint('flower_color', 'color')
    r, h, rise = s.radius, s.height, np.linspace(0, 1, 6)
    widths = r * (s.taper + (1 - s.taper) * rise + 4 * s.belly * np.sin(rise * 3.1))
    form: dict[str, Any] = (
        {} if section == 'round' else {'depth': s.depth if section == 'trough' else 1.0, 'exponent': 9.0}
    )
    parts.add('pot', clay, turned(hollow(np.stack([widths, h * rise], axis=1), 0.015, 0.02), **form))
    edge, top = float(widths[-1]) + s.lip, h + s.rim
    lip = [(widths[-1], h), (edge, h), (edge, top), (widths[-1] - 0.01, top), (widths[-1] - 0.01, h)]
    parts.add('rim', clay, turned(lip, **form))
    inner = float(np.interp(s.level, rise, widths)) - 0.012
    parts.add(
        'soil',
        SOIL,
        turned([(inner, s.level * h), (inner * 0.4, s.level * h + 0.012), (0.0, s.level * h + 0.012)], **form),
    )
    if saucer:
        foot = r * s.taper * 1.35
        plate = [(0.0, -0.025), (foot * 0.85, -0.025), (foot, 0.02), (foot * 0.95, 0.02), (foot * 0.8, -0.01)]
        parts.add('saucer', clay, turned(plate, **form))
    if green != 'none':
        blossom = petal if green == 'flowers' else None
        bouquet(p, parts, 'plant', blossom, base=h * s.level, radius=r * 0.6, rise=r * 1.8 * s.spread)
    words = {'none': 'only soil in it', 'flowers': f'{petal.word} flowers', 'sprouts': 'green sprouts'}
    kind = {'round': '', 'square': 'square', 'trough': 'long'}[section]
    return sentence('flower pot', [clay.word, kind], [words[green], 'a saucer' if saucer else ''])


@shape(
    'bin',
    ('body', 'lid', 'rim', 'pedal', 'wheel'),
    radius=(0.14, 0.28),
    height=(0.3, 0.9),
    taper=(0.6, 1.1),
    wall=(0.006, 0.018),
    depth=(0.55, 1.1),
    rim=(0.01, 0.06),
    dome=(0.02, 0.22),
    opening=(0.0, 1.1),
)
def trash_bin(p: Draw, s: Any, parts: Parts) -> str:
    """A container for waste, open or with a lid."""
    square, lid = p.flag('square', 0.4), p.style('lid', 'open', 'open', 'flat', 'dome', 'hinged')
    pedal, wheels = p.flag('pedal', 0.25), p.flag('wheels', 0.2)
    color, second = (
        p.paint('color', 'metal', 'color', 'plain', 'dark'),
        p.paint('lid_color', 'dark', 'color', 'metal'),
    )
    r, h, foot, depth = s.radius, s.height, s.radius * s.taper, s.depth if square else 1.0
    form: dict[str, Any] = {'depth': depth, 'exponent': 8.0 if square else 2.0}
    outside = np.array([(foot, 0.0), ((foot + r) / 2, h / 2), (r, h)])
    parts.add('body', color, turned(hollow(outside, s.wall, 0.02), **form))
    edge = r + 0.012
    parts.add('rim', second, _rim([(r, h - s.rim), (edge, h - s.rim), (edge, h), (r - s.wall, h)], form))
    parts.add('lid', second, _lid(lid, edge, depth, s, form), at=(0, h, 0))
    if pedal:
        parts.add('pedal', second, pebble(0.1, 0.02, 0.09, 0.008), at=(0, 0.03, foot * depth + 0.03))
    if wheels:
        z = -foot * depth
        parts.add('wheel', second, mirrored(rod((foot * 0.7, 0.03, z), (foot * 0.9, 0.03, z), 0.06, sides=12)))
    words = {'open': 'an open top', 'flat': 'a flat lid', 'dome': 'a domed lid', 'hinged': 'a hinged lid'}
    features = [words[lid], 'a pedal' if pedal else '', 'wheels' if wheels else '']
    return sentence('bin', [graded(h, 0.45, 'low', 0.68, 'tall'), color.word, 'square' if square else ''], features)


def _rim(profile: list[tuple[float, float]], form: dict[str, Any]) -> Mesh:
    """Return the ring of a profile that does not reach the axis."""
    mesh = turned(profile, depth=form['depth'], exponent=form['exponent'])
    faces = mesh.faces[(mesh.faces < 24 * len(profile)).all(axis=1)] if form['exponent'] != 2.0 else mesh.faces
    return Mesh(mesh.vertices, faces)  # without the caps that squarer sections come with


def _lid(style: str, radius: float, depth: float, s: Any, form: dict[str, Any]) -> list[Mesh]:
    """Return the lid of a bin whose rim lies in the plane y = 0."""
    if style == 'open':
        return []
    if style == 'dome':
        angle = np.linspace(0, np.pi / 2, 7)
        return [
            turned(
                np.stack([radius * np.cos(angle), s.dome * np.sin(angle)], axis=1),
                depth=form['depth'],
                exponent=form['exponent'],
            )
        ]
    plate = [(0.0, 0.0), (radius * 1.02, 0.0), (radius * 1.02, 0.03), (0.0, 0.03)]
    cover = turned(plate, depth=form['depth'], exponent=form['exponent'])
    z = radius * depth
    return [cover.moved(z=z).turned('x', -s.opening if style == 'hinged' else 0.0).moved(z=-z)]
