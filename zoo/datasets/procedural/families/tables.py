"""What people sit at: table and desk."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import Mesh, mirrored
from zoo.datasets.procedural.captions import article, counted, graded, sentence
from zoo.datasets.procedural.colors import Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.families.fronts import drawers
from zoo.datasets.procedural.families.supports import COLUMNS, WORDS, supports
from zoo.datasets.procedural.outlines import ellipse, rounded
from zoo.datasets.procedural.primitives import box, extrude, revolve
from zoo.datasets.procedural.shapes import Parts, shape

TOPS = ('rectangular', 'rectangular', 'round', 'oval', 'rounded')
SIDES = {'left': [-1], 'right': [1], 'both': [-1, 1], 'none': []}


def _top(style: str, width: float, depth: float, thickness: float) -> Mesh:
    """Return a table top on y = 0."""
    if style == 'round':
        edge = [(0, 0), (width * 0.48, 0), (width / 2, thickness * 0.5), (width / 2, thickness), (0, thickness)]
        return revolve(edge, 28, stretch=depth / width)
    if style == 'rectangular':
        return box(width, thickness, depth, 0, thickness / 2)
    outline = ellipse(width, depth, 28) if style == 'oval' else rounded(width, depth, min(width, depth) * 0.25, 6)
    return extrude(outline, thickness).turned('x', -np.pi / 2).moved(0, thickness / 2, 0)


@shape(
    'table',
    ('top', 'leg', 'apron', 'shelf'),
    width=(0.5, 1.9),
    aspect=(0.4, 1.0),
    height=(0.3, 1.05),
    thickness=(0.02, 0.1),
    leg=(0.035, 0.12),
    apron=(0.05, 0.15),
    inset=(0.02, 0.16),
)
def table(p: Draw, s: Any, parts: Parts) -> str:
    """A raised top, nothing more."""
    top, base = p.style('top', *TOPS), p.style('base', *WORDS)
    four = base in ('straight', 'tapered', 'turned', 'round')
    skirt, shelf = p.flag('has_apron', 0.5) and four, p.flag('shelf', 0.25) and four
    color, frame = (
        p.paint('color', 'wood', 'wood', 'plain', 'color'),
        p.paint('frame_color', 'wood', 'metal', 'plain'),
    )
    depth = s.width * (max(s.aspect, 0.85) if top == 'round' else s.aspect)
    squeeze = 0.9 if base in COLUMNS else 1 - s.inset - (0.25 if top in ('round', 'oval') else 0.0)
    inner, deep = s.width * squeeze, depth * squeeze
    parts.add('top', color, _top(top, s.width, depth, s.thickness), at=(0, s.height, 0))
    parts.add('leg', frame, supports(base, inner, deep, s.height, s.leg))
    if skirt:
        _skirt(parts, frame, s, inner, deep)
    if shelf:
        board = box(inner - s.leg * 0.5, s.thickness * 0.7, deep - s.leg * 0.5, 0, s.height * 0.3)
        parts.add('shelf', color, board)
    features = [article(f'{top} top'), WORDS[base], 'an apron' if skirt else '', 'a lower shelf' if shelf else '']
    return sentence('table', [graded(s.height, 0.48, 'low', 0.9, 'tall'), color.word], features)


def _skirt(parts: Parts, paint: Paint, s: Any, width: float, depth: float) -> None:
    """Add the boards between the legs, right under the top."""
    x, z = width / 2 - s.leg / 2, depth / 2 - s.leg / 2
    long = [box(width - s.leg, s.apron, s.leg * 0.4, 0, 0, side * z) for side in (-1, 1)]
    short = mirrored(box(s.leg * 0.4, s.apron, depth - s.leg, x, 0, 0))
    parts.add('apron', paint, long, short, at=(0, s.height - s.apron / 2, 0))


@shape(
    'desk',
    ('top', 'leg', 'drawer', 'panel', 'shelf'),
    width=(0.9, 1.8),
    depth=(0.45, 0.9),
    height=(0.6, 0.85),
    thickness=(0.02, 0.07),
    unit=(0.24, 0.44),
    leg=(0.035, 0.09),
    panel=(0.12, 0.6),
    hutch=(0.2, 0.5),
)
def desk(p: Draw, s: Any, parts: Parts) -> str:
    """A table to work at: drawers on one side or both, a panel at the back, maybe shelves on top."""
    units, base = (
        p.style('units', 'left', 'right', 'both', 'none', 'both'),
        p.style('base', 'straight', 'panel', 'tapered', 'sled'),
    )
    count, shelf, back = p.count('drawers', 1, 4), p.flag('has_hutch', 0.25), p.flag('back_panel', 0.6)
    color, metal = p.paint('color', 'wood', 'wood', 'plain'), p.paint('handle_color', 'metal', 'dark')
    inner, gap = s.depth * 0.94, 0.08 if base in ('tapered', 'straight') else 0.02
    parts.add('top', color, box(s.width, s.thickness, s.depth, 0, s.height + s.thickness / 2))
    parts.add('leg', metal if base == 'sled' else color, supports(base, s.width * 0.97, inner, s.height, s.leg))
    tall = (s.height - gap) * (0.5 if count == 1 else 1.0)
    fronts, handles = drawers(s.unit, tall, 1, count)
    for side in SIDES[units]:
        corner = (side * (s.width * 0.98 - s.unit) / 2, s.height - tall, inner / 2)
        parts.add('drawer', color, box(s.unit, tall, inner, 0, tall / 2, -inner / 2), fronts, at=corner)
        parts.add('drawer', metal, handles, at=corner)
    if units == 'none':
        parts.add('drawer', color, box(s.width * 0.6, 0.1, inner, 0, s.height - 0.05))
        parts.add('drawer', metal, box(s.width * 0.2, 0.015, 0.03, 0, s.height - 0.05, inner / 2))
    if back:
        parts.add('panel', color, box(s.width * 0.94, s.panel, 0.02, 0, s.height - s.panel / 2, 0.03 - inner / 2))
    if shelf:
        boards = [box(0.025, s.hutch, s.depth * 0.32, x * s.width * 0.48, s.hutch / 2) for x in (-1, 0, 1)]
        boards += [box(s.width * 0.98, 0.025, s.depth * 0.32, 0, y * s.hutch) for y in (0.5, 1)]
        parts.add('shelf', color, boards, at=(0, s.height + s.thickness, -s.depth * 0.33))
    where = {'both': 'on both sides', 'left': 'on the left', 'right': 'on the right'}
    chest = f'{counted(count, "drawer")} {where[units]}' if units in where else 'a flat drawer under the top'
    return sentence('desk', [color.word], [chest, WORDS[base], 'shelves on top' if shelf else ''])
