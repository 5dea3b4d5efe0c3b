"""What has black and white keys: piano."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, mirrored
from zoo.datasets.procedural.captions import counted, sentence
from zoo.datasets.procedural.colors import BLACK, WHITE, Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.families.supports import supports
from zoo.datasets.procedural.outlines import spline
from zoo.datasets.procedural.primitives import box, extrude, rod
from zoo.datasets.procedural.shapes import Parts, shape

SHELF = 0.24
"""Depth of the board that carries the keys."""


@shape(
    'piano',
    ('case', 'key', 'lid', 'leg', 'pedal', 'stand', 'stool'),
    width=(1.15, 1.6),
    depth=(0.2, 0.45),
    height=(0.9, 1.4),
    keys=(0.56, 0.74),
    length=(0.85, 2.0),
    opening=(0.25, 0.75),
    leg=(0.05, 0.12),
    thickness=(0.2, 0.36),
    tail=(0.3, 0.6),
)
def piano(p: Draw, s: Any, parts: Parts) -> str:
    """An upright or a grand, its keys towards +z."""
    kind, closed, stool = (
        p.style('kind', 'upright', 'upright', 'grand', 'grand', 'stage'),
        p.flag('lid_closed', 0.3),
        p.flag('stool', 0.25),
    )
    pedals, count, base = (
        p.count('pedals', 2, 3),
        p.count('key_count', 18, 28),
        p.style('base', 'straight', 'tapered', 'turned'),
    )
    paint, metal = p.paint('color', 'dark', 'wood', 'dark', 'pale'), p.paint('pedal_color', 'metal')
    front, top = {'upright': s.depth / 2, 'grand': 0.2, 'stage': 0.0}[kind], s.keys + 0.1
    if kind == 'upright':
        top = s.height
        _upright(parts, paint, s, front)
    elif kind == 'grand':
        top = s.keys + s.thickness
        _grand(parts, paint, s, 0.0 if closed else s.opening)
    else:
        parts.add('case', paint, box(s.width, 0.13, s.depth, 0, s.keys + 0.04, -s.depth / 2))
        parts.add('leg', paint, supports('trestle', s.width, s.depth + SHELF, s.keys - 0.03, s.leg))
    _keyboard(parts, paint, s, count, front)
    if kind != 'stage':
        parts.add(
            'pedal', metal, [box(0.04, 0.015, 0.16, x, 0.05, front + 0.06) for x in np.linspace(-0.08, 0.08, pedals)]
        )
        parts.add('pedal', paint, box(0.3, 0.1, 0.04, 0, 0.07, front - 0.02))
    if kind == 'grand':
        parts.add('pedal', paint, mirrored(box(0.03, s.keys, 0.03, 0.12, s.keys / 2, front - 0.02)))
    rest = box(s.width * 0.45, 0.22, 0.015)
    parts.add('stand', paint, rest, turn=('x', -0.25), at=(0, top + 0.12, front - 0.06))
    if stool:
        seat = [box(0.6, 0.06, 0.32, 0, 0.45), *supports(base, 0.56, 0.28, 0.42, 0.05)]
        parts.add('stool', paint, seat, at=(0, 0, front + SHELF + 0.4))
    lid = '' if kind != 'grand' else 'a closed lid' if closed else 'a raised lid'
    below = counted(pedals, 'pedal') if kind != 'stage' else 'crossed legs'
    return sentence('piano', [paint.word, kind], [lid, below, 'a music stand', 'a bench before it' if stool else ''])


def _upright(parts: Parts, paint: Paint, s: Any, front: float) -> None:
    """Add the tall case, and the legs under the keys."""
    parts.add('case', paint, box(s.width, s.height, s.depth, 0, s.height / 2))
    parts.add('lid', paint, box(s.width * 1.02, 0.03, s.depth * 1.1, 0, s.height + 0.015))
    leg = box(s.leg, s.keys, s.leg, (s.width - s.leg) / 2, s.keys / 2, front + SHELF - s.leg / 2)
    parts.add('leg', paint, mirrored(leg))


def _grand_outline(s: Any) -> FloatArray:
    """Return the outline of a grand in the xz plane ``(K, 2)``, straight on the left, counter-clockwise in (x, z)."""
    w, n = s.width, s.length
    tail = s.tail * w - w / 2
    right = [(w / 2, 0.2), (w / 2, -0.25 * n), (w * 0.25, -0.55 * n), (tail, -0.92 * n)]
    left = [(-w * 0.42, -n), (-w / 2, -0.85 * n), (-w / 2, -0.3 * n), (-w / 2, 0.2)]
    return spline([*right, *left], 26)[::-1]


def _grand(parts: Parts, paint: Paint, s: Any, opening: float) -> None:
    """Add the flat case, its lid raised by an angle, and three legs."""
    outline, top = _grand_outline(s), s.keys + s.thickness
    case = extrude(outline, s.thickness).turned('x', np.pi / 2)
    parts.add('case', paint, case, at=(0, s.keys + s.thickness / 2 - 0.03, 0))
    cover = extrude(outline, 0.025).turned('x', np.pi / 2).moved(s.width / 2)
    parts.add('lid', paint, cover, turn=('z', opening), at=(-s.width / 2, top, 0))
    if opening:
        x, z = s.width * 0.25, -s.length * 0.25
        height = (x * 0.8 + s.width / 2) * np.tan(opening)
        parts.add('lid', paint, rod((x, top, z), (x * 0.8, top + height, z), 0.012, sides=6))
    for x, z in ((-s.width * 0.42, 0.12), (s.width * 0.42, 0.12), (-s.width * 0.3, -s.length * 0.85)):
        parts.add('leg', paint, rod((x, 0, z), (x, s.keys, z), s.leg * 0.45, s.leg * 0.8, sides=8))


def _keyboard(parts: Parts, paint: Paint, s: Any, count: int, front: float) -> None:
    """Add the keys on their shelf, between two cheeks."""
    board = box(s.width, 0.06, SHELF, 0, -0.03, SHELF / 2)
    cheeks = mirrored(box(0.06, 0.1, SHELF, (s.width - 0.06) / 2, 0.04, SHELF / 2))
    parts.add('case', paint, board, cheeks, at=(0, s.keys, front))
    wide, long = (s.width - 0.14) / count, SHELF * 0.85
    white = [box(wide * 0.92, 0.02, long, (i + 0.5 - count / 2) * wide, 0.01, long / 2) for i in range(count)]
    sharps = [i for i in range(1, count) if i % 7 not in (3, 0)]
    black = [box(wide * 0.55, 0.02, long * 0.6, (i - count / 2) * wide, 0.03, long * 0.3) for i in sharps]
    parts.add('key', WHITE, white, at=(0, s.keys, front))
    parts.add('key', BLACK, black, at=(0, s.keys, front))
