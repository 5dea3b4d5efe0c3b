"""What is plumbed in: bathtub, sink, toilet."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, Mesh, four, mirrored
from zoo.datasets.procedural.captions import article, sentence
from zoo.datasets.procedural.colors import Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.families.fronts import doors
from zoo.datasets.procedural.outlines import ellipse
from zoo.datasets.procedural.primitives import box, ellipsoid, extrude, frame, pebble, revolve, rod, stack, sweep
from zoo.datasets.procedural.shapes import Parts, shape

TUBS = {'oval': 2.4, 'clawfoot': 2.4, 'slipper': 2.4, 'rounded': 4.0, 'built-in': 8.0}
"""Styles of bathtubs, with the exponent of their outline."""

MOUNTS = ('pedestal', 'pedestal', 'wall', 'counter', 'cabinet', 'double')


def _faucet(height: float, reach: float, style: str) -> list[Mesh]:
    """Return a faucet on the origin that pours towards +z."""
    if style == 'arched':
        bend = [(0.0, 0.0), (0.75, 0.0), (1.0, 0.3), (1.0, 0.7), (0.75, 1.0)]
    else:
        bend = [(0.0, 0.0), (0.5, 0.0), (0.6, 0.2), (0.55, 1.0)]
    pipe = sweep([(0, height * y, reach * z) for y, z in bend], 0.018, sides=7, up=(1, 0, 0))
    return [pipe, *mirrored(rod((0.09, 0, 0), (0.09, 0.06, 0), 0.02, sides=8))]


@shape(
    'bathtub',
    ('tub', 'rim', 'foot', 'faucet'),
    length=(1.25, 1.9),
    width=(0.6, 0.98),
    height=(0.38, 0.68),
    taper=(0.65, 0.97),
    wall=(0.03, 0.1),
    rim=(0.012, 0.055),
    slope=(0.0, 0.24),
    foot=(0.05, 0.2),
    faucet=(0.12, 0.3),
)
def bathtub(p: Draw, s: Any, parts: Parts) -> str:
    """A tub to lie in: free-standing, on feet, or built into a block."""
    style, taps = p.style('style', *TUBS), p.style('faucet_style', 'none', 'arched', 'spout', 'spout')
    white, metal = p.paint('color', 'pale', 'pale', 'plain', 'color'), p.paint('metal_color', 'metal')
    lift, h = s.foot if style in ('clawfoot', 'slipper') else 0.0, s.height
    tub, ring = _tub(s, boxed=style == 'built-in', exponent=TUBS[style])
    rise = s.slope + 0.15 if style == 'slipper' else s.slope if s.slope > 0.12 else 0.0

    def recline(v: FloatArray) -> FloatArray:
        v[:, 1] += rise * v[:, 1] * np.clip(v[:, 2] / s.length * 2, -0.2, 1) ** 2
        return v

    parts.add('tub', white, tub.bent(recline), at=(0, lift, 0))
    parts.add('rim', white, ring.bent(recline), at=(0, lift, 0))
    if lift:
        claw = ellipsoid(0.09, lift * 1.6, 0.09, sides=8, rings=6)
        parts.add('foot', metal, four(claw.moved(s.width * 0.3, lift * 0.7, s.length * 0.3)))
    if taps != 'none':
        parts.add('faucet', metal, _faucet(s.faucet, 0.2, taps), at=(0, lift + h, s.wall * 0.4 - s.length / 2))
    features = [
        'claw feet' if lift else '',
        'a faucet' if taps != 'none' else '',
        'a thick rim' if s.rim > 0.035 else '',
    ]
    return sentence('bathtub', [white.word, 'free-standing' if style == 'clawfoot' else style], features)


def _tub(s: Any, *, boxed: bool, exponent: float) -> tuple[Mesh, Mesh]:
    """Return a tub along z that stands on y = 0, and its rim."""
    depth = np.array([0.0, 0.15, 0.5, 0.85, 1.0])
    wide = s.taper + (1 - s.taper) * np.sqrt(depth)
    outer = np.stack([s.height * depth, s.width * wide, s.length * wide], axis=1)
    shrink = np.stack([0.88 * depth + 0.12, np.ones(5), 0.9 + 0.1 * depth], axis=1)
    inner = np.stack([np.full(5, s.height), s.width * wide, s.length * wide], axis=1) * shrink - (
        0,
        2 * s.wall,
        2 * s.wall,
    )
    if boxed:
        outer = np.array([(0, s.width * 1.06, s.length * 1.04), (s.height, s.width * 1.06, s.length * 1.04)])
    edge = ellipse(2, 2, 32, exponent)
    hole = edge * (s.width / 2 - s.wall, s.length / 2 - s.wall)
    ring = frame(edge * (s.width / 2 + s.rim, s.length / 2 + s.rim), hole, s.rim)
    return stack(np.concatenate([outer, inner[::-1]]), 32, exponent), ring.turned('x', np.pi / 2).moved(0, s.height, 0)


@shape(
    'sink',
    ('basin', 'support', 'faucet', 'drain'),
    width=(0.4, 0.82),
    depth=(0.34, 0.58),
    height=(0.1, 0.28),
    wall=(0.02, 0.06),
    taper=(0.45, 0.95),
    faucet=(0.1, 0.34),
    stand=(0.45, 0.74),
    ledge=(0.06, 0.14),
    squareness=(2.0, 7.0),
)
def sink(p: Draw, s: Any, parts: Parts) -> str:
    """A wash basin on a pedestal, on the wall, or in a counter."""
    mount, taps = p.style('mount', *MOUNTS), p.style('faucet_style', 'arched', 'spout')
    white, metal = p.paint('color', 'pale', 'pale', 'metal'), p.paint('metal_color', 'metal')
    wood = p.paint('cabinet_color', 'wood', 'plain')
    basins = [-s.width * 0.55, s.width * 0.55] if mount == 'double' else [0.0]
    back = -s.depth / 2 - s.ledge * 0.3
    for x in basins:
        parts.add('basin', white, _basin(s), at=(x, 0, 0))
        parts.add('drain', metal, revolve([(0.03, 0.0), (0.0, 0.004)], 10), at=(x, s.height * 0.16, 0))
        parts.add('faucet', metal, _faucet(s.faucet, s.depth * 0.4, taps), at=(x, s.height, back))
    if mount in ('pedestal', 'wall'):
        parts.add('basin', white, pebble(s.width * 0.9, s.height * 0.45, s.ledge, 0.02), at=(0, s.height * 0.78, back))
    if mount == 'pedestal':
        parts.add('support', white, _pedestal(s))
    elif mount == 'wall':
        bend = [(0, 0, 0), (0, -0.16, 0), (0, -0.2, -s.depth * 0.3), (0, -0.2, -s.depth * 0.6)]
        parts.add('support', metal, sweep(bend, 0.025, up=(1, 0, 0)))
    else:
        _counter(parts, wood, metal, s, basins, cabinet=mount != 'counter')
    words = {
        'pedestal': 'a pedestal',
        'wall': 'a pipe below, for the wall',
        'counter': 'a counter top',
        'cabinet': article(f'{wood.word} cabinet'),
        'double': 'two basins in a counter',
    }
    kind = 'square' if s.squareness > 5 else 'oval' if s.squareness < 2.8 else ''
    return sentence(
        'sink', [white.word, kind], [words[mount], article(f'{"arched" if taps == "arched" else "short"} faucet')]
    )


def _basin(s: Any) -> Mesh:
    """Return a basin whose lowest point is at y = 0."""
    rise = np.array([0.0, 0.3, 0.7, 1.0])
    wide = s.taper + (1 - s.taper) * np.sqrt(rise)
    outer = np.stack([s.height * rise, s.width * wide, s.depth * wide], axis=1)
    inner = outer * (0.85, 1, 1) + (0.15 * s.height, -2 * s.wall, -2 * s.wall)
    return stack(np.concatenate([outer, inner[::-1]]), 28, s.squareness)


def _pedestal(s: Any) -> Mesh:
    """Return the column of a basin, from the floor up into it."""
    levels = np.array([-s.stand, -s.stand * 0.92, -s.stand * 0.3, s.height * 0.2])
    wide, deep = np.array([0.4, 0.26, 0.2, 0.42]) * s.width, np.array([0.45, 0.36, 0.3, 0.5]) * s.depth
    return stack(np.stack([levels, wide, deep], axis=1), 18)


def _counter(parts: Parts, wood: Paint, metal: Paint, s: Any, basins: list[float], *, cabinet: bool) -> None:
    """Add a plate with a hole around every basin, and the cupboard below."""
    hole = ellipse(s.width * 0.97, s.depth * 0.97, 28, s.squareness)
    plate = frame(ellipse(s.width * 1.12, s.depth + 2 * s.ledge, 28, 30.0), hole, 0.04).turned('x', np.pi / 2)
    parts.add('support', wood, [plate.moved(x) for x in basins], at=(0, s.height - 0.01, 0))
    if cabinet:
        wide, tall, deep = s.width * 1.1 * len(basins), s.stand + s.height - 0.03, s.depth + 1.9 * s.ledge
        sides = mirrored(box(0.02, tall, deep, wide / 2, tall / 2))
        walls = [box(wide, tall, 0.02, 0, tall / 2, side * deep / 2) for side in (-1, 1)]
        fronts, grips = doors(wide, tall, 2 * len(basins))
        parts.add('support', wood, sides, walls, at=(0, -s.stand, 0))
        parts.add('support', wood, fronts, at=(0, -s.stand, deep / 2))
        parts.add('support', metal, grips, at=(0, -s.stand, deep / 2))


@shape(
    'toilet',
    ('bowl', 'seat', 'lid', 'tank', 'foot'),
    width=(0.32, 0.46),
    length=(0.4, 0.6),
    height=(0.3, 0.5),
    foot=(0.4, 0.85),
    tank_height=(0.24, 0.5),
    tank_depth=(0.12, 0.26),
    tank_width=(0.85, 1.3),
    seat=(0.015, 0.045),
    opening=(0.0, 1.7),
    squareness=(2.0, 3.8),
)
def toilet(p: Draw, s: Any, parts: Parts) -> str:
    """A bowl with a seat, as a rule with a tank."""
    style, closed = p.style('style', 'tank', 'tank', 'low tank', 'wall-hung'), p.flag('lid_closed', 0.4)
    white, cover = p.paint('color', 'pale'), p.paint('seat_color', 'pale', 'pale', 'wood', 'dark')
    hung, h = style == 'wall-hung', s.height
    parts.add('bowl' if hung else 'foot', white, _toilet_bowl(s, hung=hung))
    outline = ellipse(s.width * 1.04, s.length * 1.04, 24, s.squareness)
    parts.add('seat', cover, frame(outline, outline * 0.68, s.seat).turned('x', np.pi / 2), at=(0, h + s.seat / 2, 0))
    hinge = s.length * 0.52
    lid = extrude(outline, s.seat * 0.8).turned('x', np.pi / 2).moved(z=hinge)
    parts.add(
        'lid', cover, lid, turn=('x', 0.0 if closed else -1.2 - s.opening * 0.3), at=(0, h + s.seat * 1.5, -hinge)
    )
    back = -(s.length + s.tank_depth) / 2
    parts.add('bowl', white, box(s.width * 0.7, h * 0.3, s.tank_depth, 0, h * 0.84, back + s.tank_depth * 0.2))
    if not hung:
        wide, tall = s.width * s.tank_width, s.tank_height * (0.6 if style == 'low tank' else 1.0)
        parts.add('tank', white, pebble(wide, tall, s.tank_depth, 0.025), at=(0, h + tall / 2, back))
        parts.add('tank', white, pebble(wide * 1.05, 0.03, s.tank_depth * 1.1, 0.012), at=(0, h + tall + 0.01, back))
        parts.add(
            'tank', cover, box(0.06, 0.015, 0.03), at=(s.width * 0.3, h + tall * 0.85, back + s.tank_depth / 2 + 0.01)
        )
    words = {'tank': 'a tank', 'low tank': 'a low tank', 'wall-hung': 'no tank'}
    seat = article(f'{cover.word} seat') if cover.word != white.word else ''
    features = ['a closed lid' if closed else 'an open lid', words[style], seat]
    return sentence('toilet', [white.word, 'wall-hung' if hung else ''], features)


def _toilet_bowl(s: Any, *, hung: bool) -> Mesh:
    """Return the bowl down to the floor, or one that ends above it."""
    low = s.height * 0.45 if hung else 0.0
    w, n, h = s.width, s.length, s.height
    if hung:
        base = [(low, w * 0.45, n * 0.5, 0, -0.06)]
    else:
        narrow = w * s.foot
        base = [
            (0, narrow * 1.1, n * 0.8, 0, -0.03),
            (h * 0.12, narrow, n * 0.72, 0, -0.03),
            (h * 0.4, narrow * 0.9, n * 0.7, 0, -0.03),
        ]
    shell = [(h * 0.8, w * 0.92, n * 0.94), (h, w, n)]
    inside = [(h, w * 0.8, n * 0.8), (h * 0.75, w * 0.66, n * 0.64), (h * 0.5, w * 0.28, n * 0.25)]
    return stack([*base, *shell, *inside], 24, s.squareness)
