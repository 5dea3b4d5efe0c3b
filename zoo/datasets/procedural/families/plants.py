"""What grows: plant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, Mesh
from zoo.datasets.procedural.captions import article, graded, sentence
from zoo.datasets.procedural.colors import SOIL, Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.families.greenery import leaf, stem
from zoo.datasets.procedural.families.turning import turned
from zoo.datasets.procedural.primitives import ellipsoid, revolve, rod
from zoo.datasets.procedural.shapes import Parts, shape

STYLES = {
    'palm': 'palm-like',
    'bush': 'bushy',
    'grass': 'grassy',
    'cactus': 'cactus-like',
    'tree': 'tree-shaped',
    'rosette': 'leafy',
    'stalks': 'long-stalked',
}
ANGLES = {'palm': 0.5, 'rosette': 0.7, 'grass': 1.25}
"""How steeply the leaves rise, for the styles whose leaves all grow from one point."""


@shape(
    'plant',
    ('leaf', 'stem', 'pot', 'soil'),
    height=(0.35, 1.05),
    spread=(0.22, 0.65),
    length=(0.22, 0.65),
    width=(0.16, 0.48),
    droop=(0.2, 1.8),
    trunk=(0.012, 0.05),
    radius=(0.09, 0.21),
    pot=(0.1, 0.34),
    taper=(0.55, 1.05),
)
def plant(p: Draw, s: Any, parts: Parts) -> str:
    """Greenery, as a rule in a pot: palm, bush, grass, cactus, small tree, rosette or stalks."""
    style, count, potted, square = (
        p.style('style', *STYLES),
        p.count('leaves', 8, 15),
        p.flag('potted', 0.75),
        p.flag('square_pot', 0.25),
    )
    green, clay = (
        p.paint('color', 'leaf' if style == 'cactus' else 'foliage'),
        p.paint('pot_color', 'clay', 'color', 'plain'),
    )
    bark, base = p.paint('bark_color', 'wood'), s.pot * 0.9 if potted else 0.0
    turns = np.arange(count) * 2.4 + p.noise(1)[0]  # the angle at which leaves follow one another on a stem
    grow = p.noise(count, 0.75, 1.15)
    if style in ANGLES:
        _tuft(parts, green, bark, s, style, turns, grow, base)
    elif style == 'cactus':
        _cactus(parts, green, s, turns[: 1 + count % 3], grow, base)
    elif style == 'stalks':
        _stalks(parts, green, s, turns[: 3 + count // 4], grow, base)
    else:
        _crown(parts, green, bark, s, turns[:7], grow, base, foot=s.height * (0.25 if style == 'bush' else 0.75))
    if potted:
        r = s.radius
        wall = [(0, 0), (r * s.taper, 0), (r, s.pot), (r * 0.9, s.pot), (r * 0.88, base), (0, base)]
        parts.add('pot', clay, turned(wall, sides=20, exponent=8.0 if square else 2.0))
        parts.add('soil', SOIL, revolve([(r * 0.88, base + 0.002), (0, base + 0.015)], 14))
    else:
        parts.add('soil', SOIL, ellipsoid(2.2 * s.radius, 0.08, 2.2 * s.radius, sides=12, rings=5))
    drooping = s.droop > 1.2 and style in ('palm', 'rosette', 'stalks')
    features = [article(f'{clay.word} pot') if potted else 'bare soil', 'drooping leaves' if drooping else '']
    return sentence('plant', [graded(s.height, 0.5, 'small', 0.85, 'tall'), green.word, STYLES[style]], features)


def _tuft(
    parts: Parts, green: Paint, bark: Paint, s: Any, style: str, turns: FloatArray, grow: Sequence[float], base: float
) -> None:
    """Add leaves that all grow from one point, on a trunk for palms."""
    at = (0.0, base + 0.02, 0.0)
    if style == 'palm':
        at = (0.08 * s.spread, base + s.height, 0.05)
        parts.add('stem', bark, stem(0, 0, base, s.height, at[0], at[2], s.trunk))
    long, wide, droop = s.length, s.width * s.length * 0.6, s.droop
    if style == 'grass':
        long, wide, droop = long * 1.5, wide * 0.4, droop * 0.6
    for turn, size in zip(turns, grow, strict=True):
        angle = ANGLES[style] * (0.7 + 0.6 * (size - 0.75))
        parts.add('leaf', green, leaf(long * size, wide, droop).turned('x', -angle), turn=('y', turn), at=at)


def _cactus(parts: Parts, green: Paint, s: Any, turns: FloatArray, grow: Sequence[float], base: float) -> None:
    """Add a ribbed column with arms."""
    thick, tall = s.radius * (0.35 + 6 * s.trunk), s.height * 0.8
    parts.add('stem', green, _pillar(thick, tall), at=(0, base, 0))
    arm = thick * 0.65
    for i, turn in enumerate(turns):
        x, y = thick + arm * 1.2, base + tall * (0.25 + 0.2 * i)
        side = [
            rod((0, y, 0), (x, y, 0), arm * 0.8, sides=8),
            _pillar(arm, tall * 0.45 * grow[i]).moved(x, y - arm * 0.6, 0),
        ]
        parts.add('stem', green, side, turn=('y', turn))


def _pillar(radius: float, height: float) -> Mesh:
    """Return a ribbed column with a round top, as cacti have."""
    angle = np.linspace(0, np.pi / 2, 5)
    dome = np.stack([radius * np.cos(angle), height - radius + radius * np.sin(angle)], axis=1)

    def rib(v: FloatArray) -> FloatArray:
        v[:, [0, 2]] *= (1 + 0.09 * np.cos(10 * np.arctan2(v[:, 0], v[:, 2])))[:, None]
        return v

    return revolve(np.concatenate([[(0, 0), (radius * 0.9, 0)], dome]), 20).bent(rib)


def _stalks(parts: Parts, green: Paint, s: Any, turns: FloatArray, grow: Sequence[float], base: float) -> None:
    """Add stalks that lean out, with three leaves each."""
    for i, turn in enumerate(turns):
        x, z, tall = np.sin(turn) * s.spread / 2, np.cos(turn) * s.spread / 2, s.height * grow[i]
        parts.add('stem', green, stem(0, 0, base, tall, x, z, 0.012))
        for share in (0.45, 0.7, 1.0):
            blade = leaf(s.length * 0.6, s.width * s.length * 0.7, s.droop * 0.8).turned('x', -0.5)
            at = (x * share**2, base + tall * share, z * share**2)
            parts.add('leaf', green, blade, turn=('y', turn + 2.1 * share + i), at=at)


def _crown(
    parts: Parts,
    green: Paint,
    bark: Paint,
    s: Any,
    turns: FloatArray,
    grow: Sequence[float],
    base: float,
    *,
    foot: float,
) -> None:
    """Add a stem that carries balls of leaves."""
    parts.add('stem', bark, stem(0, 0, base, foot, 0.03, 0.02, s.trunk))
    for turn, size in zip(turns, grow, strict=False):
        out, ball = s.spread * 0.42 * size, s.spread * (0.45 + 0.3 * (size - 0.75))
        at = (np.sin(turn) * out, base + foot + (size - 0.8) * s.spread * 0.7, np.cos(turn) * out)
        parts.add('leaf', green, ellipsoid(ball, ball * 0.85, ball, sides=9, rings=6), at=at)
    middle = ellipsoid(s.spread * 0.7, s.spread * 0.7, s.spread * 0.7, sides=10, rings=7)
    parts.add('leaf', green, middle, at=(0, base + foot + s.spread * 0.3, 0))
