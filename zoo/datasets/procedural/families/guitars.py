"""What has strings: guitar."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, mirrored
from zoo.datasets.procedural.captions import counted, sentence
from zoo.datasets.procedural.colors import BLACK, Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.outlines import spline
from zoo.datasets.procedural.primitives import box, extrude, rod
from zoo.datasets.procedural.shapes import Parts, shape

STYLES = {
    'acoustic': 'acoustic',
    'cutaway': 'cutaway acoustic',
    'horned': 'electric',
    'flying': 'V-shaped electric',
}
HEADS = {'slotted': (1.25, 1.35), 'one-sided': (1.1, 1.6), 'flared': (1.2, 2.2)}
"""Shapes of the head: its width low down and at the top, in widths of the neck."""


@shape(
    'guitar',
    ('body', 'neck', 'head', 'bridge', 'hole', 'string', 'peg'),
    height=(0.36, 0.54),
    lower=(0.14, 0.23),
    upper=(0.1, 0.18),
    waist=(0.08, 0.15),
    depth=(0.035, 0.13),
    neck=(0.28, 0.64),
    neck_width=(0.035, 0.065),
    head=(0.1, 0.22),
    angle=(0.0, 0.3),
    bridge=(0.2, 0.35),
    hole=(0.035, 0.06),
)
def guitar(p: Draw, s: Any, parts: Parts) -> str:
    """A body with a long neck, standing upright, its strings towards +z."""
    style, strings, head = (
        p.style('style', 'acoustic', *STYLES),
        p.count('strings', 4, 6),
        p.style('head_style', *HEADS),
    )
    wood, board = p.paint('color', 'wood', 'wood', 'color', 'plain'), p.paint('neck_color', 'wood', 'dark')
    metal, electric = p.paint('metal_color', 'metal'), style in ('horned', 'flying')
    depth = s.depth * (0.4 if electric else 1.0)
    top, tip = depth / 2, s.height + s.neck
    parts.add('body', wood, extrude(_outline(style, s), depth))
    _neck(parts, board, metal, s, top, s.height * (0.75 if electric else 0.9))
    _head(parts, board, metal, s, (0, tip, top + 0.006), HEADS[head], 3 if strings > 4 else 2)
    y = s.bridge * s.height
    parts.add('bridge', BLACK, box(s.lower * 0.75, 0.025, 0.018, 0, y, top + 0.008))
    if electric:
        pickup = box(s.lower * 0.5, 0.03, 0.014, 0, 0, top + 0.006)
        parts.add('hole', BLACK, [pickup.moved(0, y + at * s.height) for at in (0.12, 0.28)])
    else:
        middle = (0, s.height * 0.58)
        parts.add('hole', BLACK, rod((*middle, top - 0.002), (*middle, top + 0.002), s.hole, sides=18))
    across = (np.arange(strings) / (strings - 1) - 0.5) * s.neck_width * 0.75
    wires = [rod((x * 1.2, y, top + 0.02), (x, tip, top + 0.026), 0.0022, sides=4) for x in across]
    parts.add('string', metal, wires)
    sound = 'two pickups' if electric else 'a round sound hole'
    features = [
        sound,
        counted(strings, 'string'),
        'a deep body' if depth > 0.09 else '',
        'a long neck' if s.neck > 0.53 else '',
    ]
    return sentence('guitar', [wood.word, STYLES[style]], features)


def _outline(style: str, s: Any) -> FloatArray:
    """Return the outline of the body ``(K, 2)``, from y = 0 upwards, counter-clockwise."""
    low, up, h = s.lower, s.upper, s.height
    if style == 'flying':
        wing = [(low * 1.15, -0.1 * h), (low * 1.25, 0.05 * h), (0.06, 0.98 * h)]
        return np.array([(0.0, h * 0.35), *wing, *((-x, y) for x, y in wing[::-1])])
    belly = [(0.0, 0.0), (low * 0.7, 0.04 * h), (low, 0.3 * h), (s.waist, 0.6 * h)]
    shoulder = [(up, 0.82 * h), (up * 0.5, 0.985 * h)]
    left = [(-x, y) for x, y in [*belly[1:], *shoulder][::-1]]
    if style == 'cutaway':
        return spline(
            [*belly, (up * 0.95, 0.74 * h), (up * 0.45, 0.7 * h), (-0.07, 0.99 * h), *left[1:]], 36, closed=True
        )
    if style == 'horned':
        right = [(up * 0.9, 0.8 * h), (up * 0.98, 1.02 * h), (up * 0.5, 0.86 * h), (0.06, 0.82 * h)]
        horn = [(-0.06, 0.82 * h), (-up * 0.5, 0.9 * h), (-up * 0.98, 1.12 * h)]
        return spline([*belly, *right, *horn, *left[1:]], 36, closed=True)
    return spline([*belly, *shoulder, *left], 36, closed=True)


def _neck(parts: Parts, wood: Paint, metal: Paint, s: Any, top: float, joint: float) -> None:
    """Add the neck, the board on it and the frets; ``joint`` is where it leaves the body."""
    tip, foot = s.height + s.neck, s.height * 0.6
    parts.add('neck', wood, box(s.neck_width, tip - joint, 0.022, 0, (tip + joint) / 2, top + 0.005))
    parts.add('neck', wood, box(s.neck_width * 0.95, tip - foot, 0.008, 0, (tip + foot) / 2, top + 0.018))
    at = [tip - (tip - foot) * (1 - 0.5 ** (i / 5)) * 1.02 for i in range(1, 13)]
    parts.add('neck', metal, [box(s.neck_width * 0.95, 0.004, 0.004, 0, y, top + 0.023) for y in at])


def _head(
    parts: Parts, wood: Paint, metal: Paint, s: Any, at: tuple[float, ...], flare: tuple[float, float], rows: int
) -> None:
    """Add the head with its pegs, leaning back from the end of the neck."""
    half = s.neck_width / 2
    side = [(half, 0.0), (half * flare[0], s.head * 0.3), (half * flare[1], s.head)]
    outline = np.array([*side, *((-x, y) for x, y in side[::-1])])
    parts.add('head', wood, extrude(outline, 0.016), turn=('x', -s.angle), at=at)
    levels = [s.head * (0.35 + 0.5 * i / (rows - 1)) for i in range(rows)]
    pegs = mirrored(*(rod((0, y, 0), (half * flare[1] * 1.7, y, 0), 0.006, 0.01, sides=6) for y in levels))
    parts.add('peg', metal, pegs, turn=('x', -s.angle), at=at)
