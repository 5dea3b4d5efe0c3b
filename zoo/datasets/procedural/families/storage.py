"""Chests and shelves: night stand, dresser, bookshelf."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from zoo.datasets.meshes.mesh import mirrored
from zoo.datasets.procedural.captions import NUMBERS, article, counted, graded, sentence
from zoo.datasets.procedural.colors import MIRROR, PALETTES, Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.families.fronts import case, drawers
from zoo.datasets.procedural.families.supports import WORDS, supports
from zoo.datasets.procedural.outlines import ellipse
from zoo.datasets.procedural.primitives import box, extrude, frame
from zoo.datasets.procedural.shapes import Parts, shape

COMPARTMENTS = {'none': 1.0, 'open': 0.5, 'all open': 0.0}
"""How a night stand is divided, with the share of its height that is drawers."""


@shape(
    'night stand',
    ('body', 'drawer', 'handle', 'leg', 'top'),
    width=(0.32, 0.64),
    depth=(0.3, 0.5),
    height=(0.24, 0.6),
    legs=(0.03, 0.34),
    board=(0.015, 0.03),
    rim=(0.0, 0.04),
    leg=(0.03, 0.055),
)
def night_stand(p: Draw, s: Any, parts: Parts) -> str:
    """A small piece beside the bed: drawers or an open compartment."""
    split, count = p.style('compartment', 'none', 'open', 'none', 'all open'), p.count('drawers', 1, 3)
    knobs, base = p.flag('knobs'), p.style('base', 'straight', 'tapered', 'splayed', 'turned', 'sled')
    color, metal = p.paint('color', 'wood', 'wood', 'plain', 'color'), p.paint('handle_color', 'metal', 'dark')
    tall = s.height * COMPARTMENTS[split]
    count = max(1, round(count * COMPARTMENTS[split])) if tall else 0
    low = s.legs + s.height - tall
    parts.add('leg', color, supports(base, s.width * 0.96, s.depth * 0.96, s.legs, s.leg))
    if low > s.legs:
        parts.add('body', color, case(s.width, s.height - tall, s.depth, s.board), at=(0, s.legs, 0))
    if count:
        parts.add('body', color, box(s.width, tall, s.depth, 0, low + tall / 2))
        fronts, handles = drawers(s.width, tall, 1, count, knobs=knobs)
        parts.add('drawer', color, fronts, at=(0, low, s.depth / 2))
        parts.add('handle', metal, handles, at=(0, low, s.depth / 2))
    top = s.legs + s.height + s.board * 0.65
    parts.add('top', color, box(s.width + 2 * s.rim, s.board * 1.3, s.depth + 2 * s.rim, 0, top))
    inside = {'none': '', 'open': 'an open compartment', 'all open': 'an open shelf'}[split]
    features = [counted(count, 'drawer') if count else '', inside, WORDS[base] if s.legs > 0.08 else '']
    return sentence('night stand', [color.word], features)


@shape(
    'dresser',
    ('body', 'drawer', 'handle', 'leg', 'mirror'),
    width=(0.6, 1.7),
    depth=(0.34, 0.6),
    height=(0.6, 1.3),
    legs=(0.02, 0.22),
    rim=(0.0, 0.04),
    leg=(0.04, 0.09),
    gap=(0.008, 0.025),
    mirror_height=(0.4, 0.8),
    mirror_width=(0.4, 0.8),
)
def dresser(p: Draw, s: Any, parts: Parts) -> str:
    """A chest of drawers, wide or tall, maybe with a mirror."""
    rows, mirror = p.count('rows', 3, 5), p.style('mirror', 'none', 'none', 'none', 'square', 'oval')
    columns = 1 if s.width < 0.8 else p.count('columns', 2, 3) if s.width > 1.3 else p.count('columns', 1, 2)
    knobs, base = p.flag('knobs'), p.style('base', 'straight', 'tapered', 'turned', 'panel')
    color, metal = p.paint('color', 'wood', 'wood', 'plain', 'color'), p.paint('handle_color', 'metal', 'dark')
    top = s.legs + s.height
    parts.add('leg', color, supports(base, s.width * 0.97, s.depth * 0.96, s.legs, s.leg))
    parts.add('body', color, box(s.width, s.height, s.depth, 0, s.legs + s.height / 2))
    parts.add('body', color, box(s.width + 2 * s.rim, 0.03, s.depth + 2 * s.rim, 0, top + 0.015))
    fronts, handles = drawers(s.width, s.height, columns, rows, gap=s.gap, knobs=knobs)
    parts.add('drawer', color, fronts, at=(0, s.legs, s.depth / 2))
    parts.add('handle', metal, handles, at=(0, s.legs, s.depth / 2))
    if mirror != 'none':
        wide, at = s.width * s.mirror_width, (0, top + s.mirror_height / 2 + 0.06, -s.depth * 0.35)
        outline = ellipse(wide, s.mirror_height, 24, 2.0 if mirror == 'oval' else 12.0)
        foot = box(0.04, 0.16, 0.04, wide * 0.3, -s.mirror_height / 2)
        parts.add('mirror', color, frame(outline, outline * 0.88, 0.04), mirrored(foot), at=at)
        parts.add('mirror', MIRROR, extrude(outline * 0.9, 0.01), at=at)
    kind = 'tall' if s.height > s.width else 'wide' if s.width > 1.35 else ''
    pulls = 'knobs' if knobs else 'bar handles'
    features = [counted(rows * columns, 'drawer'), pulls, article(f'{mirror} mirror') if mirror != 'none' else '']
    return sentence('dresser', [kind, color.word], features)


@shape(
    'bookshelf',
    ('frame', 'shelf', 'back', 'book'),
    width=(0.45, 1.7),
    depth=(0.22, 0.45),
    height=(0.7, 2.1),
    board=(0.015, 0.055),
    fill=(0.15, 0.95),
    plinth=(0.0, 0.12),
    recess=(0.0, 0.25),
)
def bookshelf(p: Draw, s: Any, parts: Parts) -> str:
    """Boards between two sides, empty or with books."""
    shelves, leaning = p.count('shelves', 2, 6), p.flag('leaning', 0.15)
    closed, books = p.flag('back', 0.65) and not leaning, p.flag('books', 0.6)
    dividers = p.count('dividers', 0, 2) if s.width > 0.9 else 0
    color = p.paint('color', 'wood', 'wood', 'plain', 'color')
    lean = s.depth * 0.5 / s.height if leaning else 0.0
    inner, deep, tall = s.width - 2 * s.board, s.depth * (1 - s.recess), s.height - s.plinth
    z = (deep - s.depth) / 2
    side = box(s.board, s.height, s.depth * (0.25 if leaning else 1), (s.width - s.board) / 2, s.height / 2)
    parts.add('frame', color, mirrored(side), turn=('x', -lean))
    levels = [s.plinth + s.board / 2 + (tall - s.board) * i / shelves for i in range(shelves + 1)]
    parts.add('shelf', color, [box(inner, s.board, deep, 0, y, z - lean * y) for y in levels])
    at = [((i + 1) / (dividers + 1) - 0.5) * inner for i in range(dividers)]
    walls = [box(s.board, tall, deep, x, s.plinth + tall / 2, z - lean * s.height / 2) for x in at]
    parts.add('frame', color, walls, box(inner, s.plinth, deep, 0, s.plinth / 2, z) if s.plinth > 0.04 else [])
    if closed:
        parts.add('back', color, box(s.width, tall, s.board * 0.4, 0, s.plinth + tall / 2, -s.depth / 2))
    if books:
        for low, high in pairwise(levels):
            room = (inner, high - low - s.board, deep)
            _books(p, parts, room, s.fill, (0, low + s.board / 2, -lean * low))
    features = [f'{NUMBERS[shelves]} shelves', 'books' if books else '', 'a closed back' if closed else 'an open back']
    return sentence('bookshelf', [graded(s.height, 1.05, 'low', 1.7, 'tall'), color.word], features)


def _books(
    p: Draw, parts: Parts, room: tuple[float, float, float], fill: float, at: tuple[float, float, float]
) -> None:
    """Fill a share of one shelf with upright books, from the left; ``room`` is the free width, height and depth."""
    palette = PALETTES['color'] + PALETTES['plain']
    (width, height, depth), x = room, 0.01
    for thickness, tall, hue in zip(p.noise(12, 0.03, 0.08), p.noise(12, 0.55, 0.9), p.noise(12), strict=True):
        if x + thickness > width * fill:
            break
        book = box(thickness * 0.92, height * tall, depth * 0.7, x + (thickness - width) / 2, height * tall / 2)
        parts.add('book', Paint(*palette[int(hue * len(palette))]), book, at=at)
        x += thickness
