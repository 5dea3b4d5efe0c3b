"""What is built into a room: mantel, range hood, curtain."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import Mesh, mirrored
from zoo.datasets.procedural.captions import counted, graded, sentence
from zoo.datasets.procedural.colors import BLACK
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.primitives import box, ellipsoid, rod, sheet, stack
from zoo.datasets.procedural.shapes import Parts, shape


@shape(
    'mantel',
    ('shelf', 'pillar', 'frieze', 'hearth', 'grate', 'mirror'),
    width=(1.1, 1.9),
    height=(0.9, 1.4),
    depth=(0.12, 0.35),
    pillar=(0.1, 0.3),
    frieze=(0.12, 0.4),
    shelf=(0.03, 0.1),
    overhang=(0.02, 0.16),
    hearth=(0.2, 0.5),
    plinth=(0.06, 0.2),
)
def mantel(p: Draw, s: Any, parts: Parts) -> str:
    """The surround of a fireplace: two pillars, a frieze, a shelf on top."""
    style, hearth = p.style('pillars', 'plain', 'round', 'panelled', 'stepped'), p.flag('has_hearth', 0.6)
    grate, brackets, over = p.flag('grate', 0.4), p.flag('brackets', 0.3), p.flag('panel_above', 0.2)
    stone, floor = p.paint('color', 'clay', 'wood', 'pale'), p.paint('hearth_color', 'clay', 'dark')
    x, tall = (s.width - s.pillar) / 2, s.height - s.frieze
    parts.add('pillar', stone, mirrored(*(mesh.moved(x) for mesh in _pillar(style, s, tall))))
    parts.add('frieze', stone, box(s.width, s.frieze, s.depth, 0, s.height - s.frieze / 2))
    top = box(s.width + 2 * s.overhang, s.shelf, s.depth + s.overhang, 0, s.height + s.shelf / 2, s.overhang / 2)
    parts.add('shelf', stone, top)
    if brackets:
        parts.add(
            'shelf',
            stone,
            mirrored(box(0.08, s.frieze * 0.6, s.overhang + 0.04, x, s.height - s.frieze * 0.3, s.depth / 2)),
        )
    parts.add('grate', BLACK, box(s.width - 2 * s.pillar, tall, 0.02, 0, tall / 2, -s.depth / 2))
    if hearth:
        parts.add('hearth', floor, box(s.width * 1.1, 0.05, s.depth + s.hearth, 0, -0.025, s.hearth / 2))
    if grate:
        bars = np.linspace(-0.22, 0.22, 6)
        parts.add('grate', BLACK, [rod((x, 0.03, 0), (x, tall * 0.4, 0.03), 0.012, sides=6) for x in bars])
        parts.add('grate', BLACK, [rod((-0.24, y, 0.02), (0.24, y, 0.02), 0.012, sides=6) for y in (0.08, tall * 0.38)])
    if over:
        parts.add(
            'mirror', stone, box(s.width * 0.75, s.height * 0.6, 0.05, 0, s.height * 1.32 + s.shelf, -s.depth * 0.4)
        )
    words = {
        'plain': 'plain pillars',
        'round': 'round columns',
        'panelled': 'panelled pillars',
        'stepped': 'stepped pillars',
    }
    features = [words[style], 'a hearth' if hearth else '', 'a grate' if grate else '', 'a panel above' if over else '']
    return sentence('mantel', [graded(s.width, 1.3, 'narrow', 1.65, 'wide'), stone.word], features)


def _pillar(style: str, s: Any, height: float) -> list[Mesh]:
    """Return a pillar that stands on the origin."""
    foot = box(s.pillar * 1.15, s.plinth, s.depth * 1.1, 0, s.plinth / 2)
    if style == 'round':
        capital = box(s.pillar * 1.1, s.plinth * 0.6, s.depth * 1.05, 0, height - s.plinth * 0.3)
        radius = min(s.pillar, s.depth) * 0.42
        return [foot, capital, rod((0, s.plinth, 0), (0, height, 0), radius, radius * 0.85, sides=14)]
    body = box(s.pillar, height, s.depth, 0, height / 2)
    if style == 'panelled':
        return [foot, body, box(s.pillar * 0.6, height * 0.6, 0.03, 0, height * 0.52, s.depth / 2 + 0.01)]
    if style == 'stepped':
        return [foot, body, box(s.pillar * 0.65, height, 0.06, 0, height / 2, s.depth / 2 + 0.03)]
    return [foot, body]


@shape(
    'range hood',
    ('canopy', 'chimney', 'filter', 'button'),
    width=(0.55, 1.1),
    depth=(0.4, 0.6),
    rim=(0.03, 0.12),
    slope=(0.08, 0.4),
    chimney_width=(0.2, 0.36),
    chimney_depth=(0.18, 0.32),
    chimney=(0.25, 0.8),
    tilt=(0.2, 0.9),
)
def range_hood(p: Draw, s: Any, parts: Parts) -> str:
    """What draws off the steam over a stove: a canopy below a chimney."""
    style = p.style('style', 'pyramid', 'pyramid', 'flat', 'curved', 'slanted', 'under-cabinet')
    buttons, filters = p.count('buttons', 2, 5), p.count('filters', 1, 3)
    steel, dark = p.paint('color', 'metal', 'metal', 'plain', 'dark'), p.paint('filter_color', 'dark', 'metal')
    back = -s.depth / 2 + s.chimney_depth / 2
    tall = {'flat': 0.02, 'under-cabinet': 0.1, 'slanted': 0.0}.get(style, s.slope)
    if style == 'slanted':
        glass = box(s.width, s.slope + 0.3, 0.03).turned('x', -s.tilt)
        parts.add('canopy', steel, glass.moved(0, 0.2, 0.05), box(s.width * 0.7, 0.22, 0.2, 0, 0.15, back))
    else:
        parts.add('canopy', steel, box(s.width, s.rim, s.depth, 0, s.rim / 2))
        share = np.array([0.0, 0.35, 0.7, 1.0])
        ease = share**0.45 if style == 'curved' else share
        end = (0.9, 0.75) if style == 'under-cabinet' else (s.chimney_width / s.width, s.chimney_depth / s.depth)
        wide, deep = s.width * (1 + (end[0] - 1) * ease), s.depth * (1 + (end[1] - 1) * ease)
        levels = np.stack([s.rim + tall * share, wide, deep, 0 * share, (deep - s.depth) / 2], axis=1)
        parts.add('canopy', steel, stack(levels, 24, 30.0))
    if style != 'under-cabinet':
        low = 0.2 if style == 'slanted' else s.rim + tall
        parts.add('chimney', steel, box(s.chimney_width, s.chimney, s.chimney_depth, 0, low + s.chimney / 2, back))
        parts.add(
            'chimney',
            steel,
            box(s.chimney_width * 0.9, s.chimney * 0.35, s.chimney_depth * 0.9, 0, low + s.chimney * 1.15, back),
        )
    each = s.width * 0.9 / filters
    row = [box(each * 0.92, 0.012, s.depth * 0.75, (i + 0.5) * each - s.width * 0.45) for i in range(filters)]
    parts.add('filter', dark, row)
    at = [(i - (buttons - 1) / 2) * 0.05 for i in range(buttons)]
    parts.add(
        'button',
        dark,
        [ellipsoid(0.025, 0.025, 0.02, sides=8, rings=5).moved(x) for x in at],
        at=(0, s.rim / 2, s.depth / 2),
    )
    words = {
        'pyramid': 'a sloping canopy',
        'flat': 'a flat canopy',
        'curved': 'a curved canopy',
        'slanted': 'a slanted front',
        'under-cabinet': 'no chimney',
    }
    features = [
        words[style],
        counted(buttons, 'button'),
        'a tall chimney' if s.chimney > 0.6 and style != 'under-cabinet' else '',
    ]
    return sentence('range hood', [graded(s.width, 0.7, 'narrow', 0.95, 'wide'), steel.word], features)


@shape(
    'curtain',
    ('cloth', 'rod', 'knob', 'tie', 'valance'),
    width=(0.9, 2.2),
    height=(1.2, 2.4),
    fold=(0.02, 0.09),
    gather=(0.35, 1.0),
    gap=(0.0, 0.5),
    valance=(0.12, 0.35),
    rod=(0.01, 0.03),
    sway=(0.0, 0.6),
)
def curtain(p: Draw, s: Any, parts: Parts) -> str:
    """Cloth in folds that hangs from a rod, in one piece or two."""
    style, waves = p.style('style', 'straight', 'tied', 'single', 'short'), p.count('folds', 4, 9)
    valance, knobs = p.flag('has_valance', 0.3), p.style('knobs', 'ball', 'disc', 'none')
    cloth, metal = p.paint('color', 'color', 'pale', 'plain'), p.paint('rod_color', 'metal', 'wood', 'dark')
    height = s.height * (0.6 if style == 'short' else 1.0)
    rows = np.linspace(0, 1, 8)
    phase = p.noise(1, 0.0, 6.0)[0]
    if style == 'single':
        parts.add('cloth', cloth, _drape(s, s.width, height, waves, np.ones(8), phase), at=(s.width / 2, 0, 0))
    else:
        half = s.width / 2 * (1 - s.gap * 0.6)
        pinch = (
            1 - s.gather * 0.75 * np.exp(-(((rows - 0.6) / 0.22) ** 2)) if style == 'tied' else 1 - 0.2 * s.sway * rows
        )
        piece = _drape(s, half, height, waves, pinch, phase)
        parts.add('cloth', cloth, mirrored(piece.moved(s.width / 2)))
        if style == 'tied':
            at = half * (pinch.min() * 0.5)
            band = rod((0, 0, 0), (0, 0.05, 0), at * 1.05, sides=12).scaled(1, 1, 2.2 * s.fold / max(at, 0.02))
            parts.add('tie', metal, mirrored(band.moved(s.width / 2 - at, -height * 0.6)))
    long = s.width * 0.56
    parts.add('rod', metal, rod((-long, 0.02, 0), (long, 0.02, 0), s.rod, sides=8))
    if knobs != 'none':
        size = (4 * s.rod, 4 * s.rod) if knobs == 'ball' else (1.5 * s.rod, 6 * s.rod)
        parts.add('knob', metal, mirrored(ellipsoid(size[0], size[1], size[1], sides=10, rings=7).moved(long, 0.02)))
    if valance:
        top = _drape(s, s.width * 1.04, s.valance, waves, np.ones(3), phase)
        parts.add('valance', cloth, top, at=(s.width * 0.52, 0.04, s.fold))
    words = {
        'straight': 'two straight halves',
        'tied': 'two halves tied back',
        'single': 'one wide piece',
        'short': 'two short halves',
    }
    features = [words[style], 'a valance' if valance else '', f'{"deep" if s.fold > 0.055 else "small"} folds']
    return sentence('curtain', [cloth.word], features)


def _drape(s: Any, width: float, height: float, waves: int, pinch: np.ndarray, phase: float) -> Mesh:
    """Return cloth that hangs from y = 0 and from x = -width to x = 0, drawn towards x = 0 by ``pinch`` per row."""
    u, rows = np.linspace(0, 1, 5 * waves + 1), np.linspace(0, 1, len(pinch))
    grid = np.empty((len(rows), len(u), 3))
    grid[..., 0] = -width * (1 - u) * pinch[:, None]
    grid[..., 1] = -height * rows[:, None]
    grid[..., 2] = s.fold * np.sin(2 * np.pi * waves * u + phase) * (0.7 + 0.5 * rows[:, None] * pinch[:, None])
    return sheet(grid[::-1])
