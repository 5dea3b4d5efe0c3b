"""What stands outside: cone and tent."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, Mesh, four, mirrored
from zoo.datasets.procedural.captions import article, counted, graded, sentence
from zoo.datasets.procedural.colors import Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.outlines import arc
from zoo.datasets.procedural.primitives import box, extrude, loft, revolve, rod, sheet, stack, sweep
from zoo.datasets.procedural.shapes import Parts, shape

PLATES = {'square': 24, 'round': 20, 'octagonal': 8}
"""Shapes of the base of a traffic cone, with the points of their outline."""


@shape(
    'cone',
    ('body', 'stripe', 'base', 'tip'),
    height=(0.3, 0.9),
    radius=(0.09, 0.32),
    tip=(0.0, 0.4),
    base=(1.05, 1.6),
    plate=(0.015, 0.07),
    bulge=(-0.14, 0.14),
    stripe=(0.3, 0.6),
    stripe_width=(0.08, 0.2),
    lean=(0.0, 0.15),
)
def cone(p: Draw, s: Any, parts: Parts) -> str:
    """A cone, bare or as it stands on roads."""
    traffic, stripes, foot = p.flag('traffic'), p.count('stripes', 0, 2), p.style('base_style', *PLATES)
    faceted, flipped = p.flag('faceted', 0.25) and not traffic, p.flag('upside_down', 0.1) and not traffic
    color = p.paint('color', 'signal') if traffic else p.paint('color', 'color', 'plain', 'clay')
    second, rise = p.paint('stripe_color', 'pale'), np.linspace(0, 1, 8)
    blunt = s.tip * (0.4 if traffic else 1.0)
    widths = s.radius * ((1 - rise) * (1 + 2 * s.bulge * np.sin(rise * np.pi)) + blunt * rise)

    def lean(v: FloatArray) -> FloatArray:
        v[:, 0] += v[:, 1] * s.lean
        return v

    profile = [(0, 0), *np.stack([widths, s.height * rise], axis=1), (0, s.height)]
    body = revolve(profile, 6 if faceted else 20).bent(lean)
    parts.add('body', color, body.scaled(y=-1) if flipped else body)
    if not traffic:
        kind = graded(s.height / s.radius, 1.8, 'squat', 3.6, 'slender')
        words = [kind, color.word, 'six-sided' if faceted else '', 'upside-down' if flipped else '']
        return sentence('cone', words, [graded(s.tip, 0.1, 'a pointed tip', 0.2, 'a blunt tip')])
    end = float(widths[-1])
    collar = revolve([(end, 0), (end * 1.2, 0.01), (end, 0.02), (0, 0.02)], 12).moved(0, s.height)
    parts.add('tip', color, collar.bent(lean))
    wide = 2 * s.radius * s.base
    levels = [(-s.plate, wide, wide), (0, wide * 0.96, wide * 0.96)]
    parts.add('base', color, stack(levels, PLATES[foot], 20.0 if foot == 'square' else 2.0))
    for low in s.stripe - 0.25 * np.arange(stripes):
        band = np.linspace(low, low + s.stripe_width, 3)
        around = np.stack([np.interp(band, rise, widths) + 0.003, band * s.height], axis=1)
        parts.add('stripe', second, revolve(around, 20).bent(lean))
    bands = counted(stripes, f'{second.word} stripe') if stripes else ''
    return sentence('cone', [color.word, 'traffic'], [bands, article(f'{foot} base')])


@shape(
    'tent',
    ('canvas', 'pole', 'floor', 'rope', 'door'),
    width=(1.3, 2.5),
    length=(1.5, 3.1),
    height=(0.9, 2.0),
    wall=(0.0, 0.5),
    sag=(0.0, 0.14),
    opening=(0.15, 0.6),
    overhang=(0.0, 0.2),
    pole=(0.015, 0.045),
    rope=(0.3, 0.7),
)
def tent(p: Draw, s: Any, parts: Parts) -> str:
    """A shelter of cloth: a ridge tent, a dome, a tunnel, a tipi or a pavilion."""
    style, sides = p.style('style', 'ridge', 'ridge', 'dome', 'tipi', 'pavilion', 'tunnel'), p.count('sides', 4, 8)
    ropes, ground = p.flag('ropes', 0.45) and style == 'ridge', p.flag('floor', 0.6) and style != 'pavilion'
    cloth, second = p.paint('color', 'color', 'color', 'plain'), p.paint('pole_color', 'wood', 'metal')
    if style == 'ridge':
        _ridge(parts, cloth, second, s)
    elif style == 'dome':
        _dome(parts, cloth, second, s, s.height * 0.8)
    elif style == 'tunnel':
        _tunnel(parts, cloth, second, s, s.height * 0.8)
    elif style == 'tipi':
        _tipi(parts, cloth, second, s, sides)
    else:
        _pavilion(parts, cloth, second, s, sides)
    if ground:
        long = s.length if style in ('ridge', 'tunnel') else s.width
        parts.add('floor', second, box(s.width * 0.98, 0.02, long * 0.98, 0, -0.01))
    if ropes:
        line = rod(
            (s.width / 2, s.height * 0.2, s.length * 0.35), (s.width / 2 + s.rope, 0, s.length * 0.4), 0.012, sides=5
        )
        parts.add('rope', second, four(line))
    wide_open = style in ('ridge', 'tunnel') and s.opening > 0.35
    features = [
        'guy ropes' if ropes else '',
        'poles' if style in ('pavilion', 'tipi') else '',
        'an open front' if wide_open else '',
    ]
    kind = 'tipi-shaped' if style == 'tipi' else style
    return sentence('tent', [graded(s.height, 1.15, 'low', 1.65, 'tall'), cloth.word, kind], features)


def _ridge(parts: Parts, cloth: Paint, second: Paint, s: Any) -> None:
    """Add two slanting roofs over a ridge along z, with walls, gables and poles."""
    wall, x, z = s.wall * s.height * 0.6, s.width / 2, s.length / 2
    side, along = np.meshgrid(np.linspace(0, 1, 5), np.linspace(-0.5, 0.5, 5), indexing='ij')
    dip = s.sag * np.sin(side * np.pi) * 0.6
    slope = wall + (s.height - wall) * side - dip
    roof = np.stack([x * (1 - side) + 0.01 - dip / 2, slope, along * s.length * (1 + s.overhang)], axis=-1)
    parts.add('canvas', cloth, mirrored(sheet(roof[:, ::-1])))
    if wall > 0.05:
        parts.add('canvas', cloth, mirrored(box(0.015, wall, s.length, x * 0.97, wall / 2)))
    gable: FloatArray = np.array([(-x, 0), (x, 0), (x, wall), (0, s.height), (-x, wall)])
    parts.add('canvas', cloth, extrude(gable * 0.98, 0.01), at=(0, 0, -z))
    foot, peak = [(s.opening * x, 0, z), (x, 0, z)], [(0.01, s.height * 0.97, z), (x * 0.98, wall, z)]
    parts.add('door', cloth, mirrored(sheet(np.array([foot, peak]))))
    mast = rod((0, 0, 0), (0, s.height * 1.06, 0), s.pole, sides=6)
    parts.add('pole', second, [mast.moved(0, 0, side * z) for side in (-1, 1)])


def _dome(parts: Parts, cloth: Paint, second: Paint, s: Any, height: float) -> None:
    """Add a round vault under two crossed hoops."""
    parts.add('canvas', cloth, revolve(arc(1.0, 0, np.pi / 2, 7) * (s.width / 2, height), 12))
    bow = arc(1.0, 0, np.pi, 11) * (s.width * 0.505, height * 1.01)
    for turn in (np.pi / 4, -np.pi / 4):
        hoop = np.stack([bow[:, 0] * np.cos(turn), bow[:, 1], bow[:, 0] * np.sin(turn)], axis=1)
        parts.add('pole', second, sweep(hoop, s.pole, sides=5, up=(np.sin(turn), 0.1, -np.cos(turn))))
    half = np.linspace(-s.opening * 0.7, s.opening * 0.7, 7)
    levels = ((0.0, 0.51, 1.0), (0.4, 0.47, 0.9), (0.68, 0.375, 0.3))
    rows = [np.stack([np.sin(half * n) * r, np.full(7, y), np.cos(half * n) * r], axis=1) for y, r, n in levels]
    parts.add('door', second, sheet(np.stack(rows) * (s.width, height, s.width)))


def _tunnel(parts: Parts, cloth: Paint, second: Paint, s: Any, height: float) -> None:
    """Add a vault along z that is closed at the back."""
    bow = arc(1.0, 0, np.pi, 11) * (s.width / 2, height)
    levels = ((-0.55, 0.35), (-0.45, 0.8), (-0.25, 1.0), (0.1, 1.0), (0.4, 0.9))
    rings = np.stack([np.column_stack([bow * share, np.full(11, z * s.length)]) for z, share in levels])
    parts.add('canvas', cloth, loft(rings, closed=False))
    parts.add('pole', second, [sweep(ring * (1.01, 1.01, 1), s.pole, sides=5, up=(0, 0, 1)) for ring in rings[2:]])
    front: FloatArray = rings[-1]
    inner = front * (1 - s.opening, 1 - s.opening, 1)
    parts.add('door', second, loft(np.stack([inner, front]), closed=False))


def _tipi(parts: Parts, cloth: Paint, second: Paint, s: Any, sides: int) -> None:
    """Add a cone of cloth around poles that cross at its top."""
    h, w = s.height, s.width
    parts.add('canvas', cloth, revolve([(w * 0.55, 0), (w * 0.3, h * (0.5 - s.sag)), (0.06, h * 1.25)], sides + 4))
    pole = rod((0, h * 1.2, 0.06), (0, h * 1.55, -0.2), s.pole, sides=5)
    parts.add('pole', second, [pole.turned('y', angle) for angle in np.arange(5) * 2 * np.pi / 5])
    gap = s.opening * 0.35
    low, high = (
        [(-gap, 0.02, w * 0.53), (gap, 0.02, w * 0.53)],
        [(-0.03, h * 0.65, w * 0.26), (0.03, h * 0.65, w * 0.26)],
    )
    parts.add('door', second, sheet(np.array([low, high])))


def _pavilion(parts: Parts, cloth: Paint, second: Paint, s: Any, sides: int) -> None:
    """Add a pointed roof on posts, without walls."""
    low, reach = s.height * (0.9 + s.wall), s.width * (0.55 + s.overhang * 0.5)
    profile = [(reach, low - 0.15), (reach, low), (reach / 2, low + s.height * 0.25), (0.02, low + s.height * 0.6)]
    roof = _faceted(profile, sides)
    parts.add('canvas', cloth, roof)
    post = rod((0, 0, reach * 0.97), (0, low, reach * 0.97), s.pole * 1.3, sides=6)
    parts.add('pole', second, [post.turned('y', 2 * np.pi * i / sides) for i in range(sides)])


def _faceted(profile: list[tuple[float, float]], sides: int) -> Mesh:
    """Return a pyramid of flat facets with a corner towards +z."""
    angle = np.repeat(2 * np.pi * np.arange(sides) / sides, 2)
    rings = np.array(
        [np.stack([r * np.sin(angle), np.full(2 * sides, y), r * np.cos(angle)], axis=1) for r, y in profile]
    )
    return loft(np.repeat(rings, [1, 2, 1, 1], axis=0))
