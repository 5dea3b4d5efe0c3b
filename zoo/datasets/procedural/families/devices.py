"""Boxes with knobs: radio and xbox."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, Mesh, mirrored
from zoo.datasets.procedural.captions import counted, graded, sentence
from zoo.datasets.procedural.colors import BLACK, PALETTES, Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.outlines import arc, rounded
from zoo.datasets.procedural.primitives import box, ellipsoid, extrude, pebble, revolve, rod, sweep
from zoo.datasets.procedural.shapes import Parts, shape

SPEAKERS: dict[str, list[float]] = {'portable': [-0.24], 'boombox': [-0.3, 0.3], 'retro': [0.0], 'kitchen': [0.24]}
"""Styles of radios, with the places of their loudspeakers as shares of the width."""

DIALS = {'portable': 0.22, 'boombox': 0.0, 'retro': 0.0, 'kitchen': -0.24}
SCALE = Paint(*PALETTES['pale'][1])


@shape(
    'radio',
    ('case', 'speaker', 'dial', 'antenna', 'handle', 'foot'),
    width=(0.22, 0.58),
    height=(0.12, 0.36),
    depth=(0.06, 0.2),
    softness=(0.004, 0.07),
    speaker=(0.3, 0.44),
    antenna=(0.15, 0.5),
    angle=(-0.9, 0.9),
    knob=(0.012, 0.03),
    dial=(0.2, 0.4),
)
def radio(p: Draw, s: Any, parts: Parts) -> str:
    """A box with loudspeakers, dials and an antenna."""
    style, grip, knobs = p.style('style', *SPEAKERS), p.style('handle', 'bow', 'none', 'bar'), p.count('knobs', 1, 4)
    case, grille = (
        p.paint('color', 'color', 'dark', 'wood', 'plain'),
        p.paint('grille_color', 'dark', 'metal', 'plain'),
    )
    trim, retro = p.paint('trim_color', 'metal'), style == 'retro'
    raised, carried = p.flag('antenna_up', 0.7) and not retro, grip != 'none' and not retro
    w, h = s.width * (1.25 if style == 'boombox' else 1.0), s.height
    depth = s.depth * (1.3 if retro else 1.0)
    if retro:
        dome = arc(1.0, 0, np.pi, 13) * (w / 2, h * 0.55) + (0, h * 0.25)
        parts.add('case', case, extrude(np.concatenate([[(-w / 2, -h / 2), (w / 2, -h / 2)], dome]), depth))
    else:
        parts.add('case', case, pebble(w, h, depth, s.softness))
    radius = min(s.speaker * h, w * 0.23)
    for x in SPEAKERS[style]:
        parts.add('speaker', grille, _speaker(radius), at=(x * w, -h * 0.05, depth / 2))
    x = DIALS[style] * w
    parts.add('dial', SCALE, box(w * s.dial, h * 0.14, 0.006, x, h * (0.36 if retro else 0.22), depth / 2 + 0.003))
    button = rod((0, 0, 0), (0, 0, 0.02), s.knob, sides=12)
    row = [button.moved(x + (i - (knobs - 1) / 2) * s.knob * 2.6) for i in range(knobs)]
    parts.add('dial', trim, row, at=(0, -h * (0.38 if retro else 0.15), depth / 2))
    if raised:
        parts.add('antenna', trim, _antenna(s), at=(w * 0.42, h / 2, -depth * 0.3))
    if carried:
        parts.add('handle', trim, sweep(_grip(grip, w * 0.8, h), 0.009, sides=6, up=(0, 0, 1)))
    parts.add('foot', BLACK, mirrored(box(0.03, 0.015, depth * 0.8, w * 0.35, -h / 2 - 0.006)))
    sound = 'two speakers' if style == 'boombox' else 'a round speaker'
    features = [sound, 'an antenna' if raised else '', 'a carrying handle' if carried else '', counted(knobs, 'knob')]
    return sentence('radio', [case.word, style if style in ('portable', 'retro') else ''], features)


def _speaker(radius: float) -> list[Mesh]:
    """Return a loudspeaker that faces +z, with bars before it."""
    levels = [(1.0, 0), (1.0, 0.012), (0.85, 0.014), (0.75, 0.004), (0.3, 0.001), (0, 0.012)]
    disc = revolve([(radius * share, y) for share, y in levels], 20).turned('x', np.pi / 2)
    return [disc, *(box(radius * 1.3, 0.006, 0.006, 0, y * radius, 0.016) for y in (-0.5, -0.25, 0, 0.25, 0.5))]


def _antenna(s: Any) -> list[Mesh]:
    tip = (s.antenna * np.sin(s.angle), s.antenna * np.cos(s.angle), 0)
    return [rod((0, 0, 0), tip, 0.006, 0.003, sides=6), ellipsoid(0.016, 0.016, 0.016, sides=6, rings=5).moved(*tip)]


def _grip(style: str, width: float, height: float) -> FloatArray:
    """Return the path of a carrying handle over a case of this height about the origin."""
    t = np.linspace(-1, 1, 9)
    rise = 0.09 * (1 - t**2) if style == 'bow' else 0.06 * np.minimum(1, 4 * (1 - np.abs(t)))
    return np.stack([t * width / 2, height / 2 + rise, 0 * t], axis=1)


@shape(
    'xbox',
    ('case', 'slot', 'button', 'vent', 'controller'),
    width=(0.26, 0.38),
    height=(0.05, 0.12),
    depth=(0.2, 0.32),
    waist=(0.0, 0.16),
    bevel=(0.01, 0.09),
    slot=(0.35, 0.7),
    button=(0.012, 0.026),
    reach=(0.12, 0.3),
)
def xbox(p: Draw, s: Any, parts: Parts) -> str:
    """A games console, lying or standing, maybe with its controller."""
    upright, pad, vents = p.flag('upright', 0.35), p.flag('controller', 0.35), p.count('vents', 3, 7)
    waisted, cross = p.flag('waisted', 0.4), p.flag('raised_lid', 0.3)
    case, accent = p.paint('color', 'dark', 'plain', 'pale', 'color'), p.paint('accent', 'color', 'metal')
    w, h, d = s.width, s.height, s.depth

    meshes: list[tuple[str, Paint, list[Mesh]]] = [('case', case, [_console(s, s.waist if waisted else 0.0)])]
    front = d / 2 * (1 - s.waist if waisted else 1.0)
    meshes.append(('slot', BLACK, [box(w * s.slot, h * 0.14, 0.008, -w * 0.08, h * 0.15, front)]))
    dial = rod((0, 0, 0), (0, 0, 0.012), s.button, sides=12)
    meshes.append(
        (
            'button',
            accent,
            [dial.moved(w * 0.4, 0, front * 0.97), dial.scaled(0.6, 0.6, 1).moved(w * 0.3, -h * 0.2, front)],
        )
    )
    meshes.append(
        ('vent', BLACK, [box(w * 0.3, 0.006, 0.008, 0, h / 2, (i - vents / 2) * d * 0.08) for i in range(vents)])
    )
    if cross:
        meshes.append(
            ('case', accent, [box(w * 0.12, 0.012, d * 0.9, 0, h / 2), box(w * 0.9, 0.012, d * 0.12, 0, h / 2)])
        )
    for name, paint, group in meshes:
        parts.add(name, paint, group, turn=('z', np.pi / 2 if upright else 0.0), at=(0, w / 2 if upright else h / 2, 0))
    if pad:
        parts.add('controller', accent, _controller(), at=(0.02, 0.03, d / 2 + s.reach))
    features = ['a disc slot', counted(vents, 'vent'), 'a controller' if pad else '', 'a cross on top' if cross else '']
    shape_word = 'waisted' if waisted and s.waist > 0.08 else graded(h, 0.065, 'flat', 0.1, 'thick')
    return sentence('xbox', ['upright' if upright else '', case.word, shape_word], features)


def _console(s: Any, waist: float) -> Mesh:
    """Return a flat box about the origin whose long sides are drawn in by a share of its depth."""
    x = np.linspace(-0.5, 0.5, 9)
    side = np.stack([x * s.width, (0.5 - 0.5 * waist * np.cos(np.pi * x)) * s.depth], axis=1)
    outline = np.concatenate([side[::-1], side * (1, -1)])
    return extrude(outline, s.height, bevel=s.bevel).turned('x', -np.pi / 2)


def _controller() -> list[Mesh]:
    """Return a game pad that lies flat."""
    body = extrude(rounded(0.15, 0.07, 0.03), 0.03, bevel=0.12).turned('x', -np.pi / 2)
    grip = ellipsoid(0.045, 0.035, 0.1, sides=9, rings=6).turned('y', -0.35).moved(0.06, 0, 0.035)
    stick = rod((0.035, 0, 0), (0.035, 0.03, 0), 0.012, sides=8)
    return [body, *mirrored(grip, stick)]
