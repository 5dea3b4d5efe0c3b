"""Boxes with a use: wardrobe, tv stand, glass box."""

from __future__ import annotations

from typing import Any

from zoo.datasets.meshes.mesh import four, mirrored
from zoo.datasets.procedural.captions import counted, graded, sentence
from zoo.datasets.procedural.colors import GLASS
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.families.fronts import case, doors, drawers
from zoo.datasets.procedural.families.supports import WORDS, supports
from zoo.datasets.procedural.primitives import box, ellipsoid
from zoo.datasets.procedural.shapes import Parts, shape


@shape(
    'wardrobe',
    ('body', 'door', 'handle', 'drawer', 'foot'),
    width=(0.7, 2.0),
    depth=(0.45, 0.7),
    height=(1.6, 2.3),
    foot=(0.02, 0.16),
    cornice=(0.0, 0.09),
    base=(0.15, 0.32),
    rim=(0.0, 0.05),
    opening=(0.3, 1.4),
)
def wardrobe(p: Draw, s: Any, parts: Parts) -> str:
    """A cupboard for clothes, taller than a person, with doors."""
    count = p.count('doors', 1, 2) if s.width < 1.1 else p.count('doors', 2, 4)
    chest, ajar, feet = (
        p.flag('drawers', 0.4),
        p.flag('ajar', 0.15),
        p.style('feet', 'straight', 'tapered', 'turned', 'panel'),
    )
    color, front = p.paint('color', 'wood', 'wood', 'plain'), p.paint('door_color', 'wood', 'plain', 'pale')
    metal = p.paint('handle_color', 'metal', 'dark')
    low = s.base * s.height if chest else 0.0
    parts.add('foot', color, supports(feet, s.width * 0.97, s.depth * 0.95, s.foot, 0.08))
    at = (0, s.foot + low, s.depth / 2)
    if ajar:
        wide = s.width / count
        parts.add('body', color, case(s.width, s.height - low, s.depth, 0.03), at=(0, s.foot + low, 0))
        leaf = box(wide, s.height - low, 0.025, wide / 2, (s.height - low) / 2).turned('y', -s.opening)
        parts.add('door', front, leaf.moved(-s.width / 2), at=at)
        parts.add('body', color, box(s.width * 0.95, 0.03, 0.03, 0, s.foot + s.height * 0.85))
    else:
        parts.add('body', color, box(s.width, s.height - low, s.depth, 0, s.foot + low + (s.height - low) / 2))
        leaves, grips = doors(s.width, s.height - low, count)
        parts.add('door', front, leaves, at=at)
        parts.add('handle', metal, grips, at=at)
    if chest:
        fronts, handles = drawers(s.width, low, max(1, count // 2), 1)
        parts.add(
            'drawer', color, box(s.width, low, s.depth, 0, low / 2, -s.depth / 2), fronts, at=(0, s.foot, s.depth / 2)
        )
        parts.add('handle', metal, handles, at=(0, s.foot, s.depth / 2))
    top = box(s.width + 2 * s.rim, 0.02 + s.cornice, s.depth + 2 * s.rim, 0, s.foot + s.height + s.cornice / 2)
    parts.add('body', color, top)
    features = [counted(count, 'door'), 'drawers below' if chest else '', 'one door open' if ajar else '']
    return sentence('wardrobe', [graded(s.width, 1.0, 'narrow', 1.6, 'wide'), color.word], features)


@shape(
    'tv stand',
    ('body', 'shelf', 'door', 'leg', 'top', 'device'),
    width=(0.9, 1.9),
    depth=(0.32, 0.52),
    height=(0.22, 0.5),
    legs=(0.02, 0.2),
    board=(0.018, 0.045),
    side=(0.2, 0.36),
    rim=(0.0, 0.08),
    level=(0.35, 0.65),
)
def tv_stand(p: Draw, s: Any, parts: Parts) -> str:
    """A long low case for a television, open in the middle."""
    style, base = (
        p.style('style', 'open', 'doors', 'drawers', 'shelves'),
        p.style('base', 'straight', 'tapered', 'splayed', 'sled', 'panel'),
    )
    device, divided = p.flag('device', 0.35), p.flag('divided')
    color, front = p.paint('color', 'wood', 'wood', 'plain', 'dark'), p.paint('front_color', 'wood', 'plain', 'pale')
    metal = p.paint('handle_color', 'metal', 'dark')
    inner = s.width - 2 * s.board
    parts.add('leg', color, supports(base, s.width * 0.95, s.depth * 0.95, s.legs, 0.05))
    parts.add('body', color, case(s.width, s.height, s.depth, s.board), at=(0, s.legs, 0))
    top = box(s.width + 2 * s.rim, s.board * 1.2, s.depth + s.rim, 0, s.legs + s.height + s.board * 0.6)
    parts.add('top', color, top)
    shelf = box(inner, s.board, s.depth * 0.9, 0, s.height * s.level)
    parts.add('shelf', color, shelf, at=(0, s.legs, 0))
    if divided or style != 'open':
        x = s.width * (0.5 - s.side)
        parts.add('body', color, mirrored(box(s.board, s.height, s.depth * 0.95, x, s.height / 2)), at=(0, s.legs, 0))
    if style in ('doors', 'drawers'):
        wide = s.width * s.side
        fronts, grips = doors(wide, s.height, 1) if style == 'doors' else drawers(wide, s.height, 1, 2)
        for side in (-1, 1):
            at = (side * (s.width - wide) / 2, s.legs, s.depth / 2)
            parts.add('door', front, fronts, at=at)
            parts.add('door', metal, grips, at=at)
    if device:
        parts.add('device', metal, box(0.32, 0.06, s.depth * 0.6, 0, s.legs + s.height * s.level + 0.04))
    sides = {
        'open': 'an open shelf',
        'doors': 'doors on both sides',
        'drawers': 'drawers on both sides',
        'shelves': 'three compartments',
    }
    features = [sides[style], WORDS[base] if s.legs > 0.08 else '', 'a player on the shelf' if device else '']
    return sentence('tv stand', [graded(s.width, 1.15, 'short', 1.6, 'long'), color.word], features)


@shape(
    'glass box',
    ('glass', 'frame', 'base', 'lid', 'content'),
    width=(0.25, 0.8),
    height=(0.2, 0.8),
    depth=(0.2, 0.6),
    bar=(0.006, 0.03),
    base=(0.01, 0.12),
    opening=(0.0, 1.3),
    content=(0.25, 0.6),
)
def glass_box(p: Draw, s: Any, parts: Parts) -> str:
    """Panes in a frame: a show case, an aquarium, a terrarium."""
    lid, inside = (
        p.style('lid', 'none', 'flat', 'hinged', 'roof'),
        p.style('content_style', 'none', 'none', 'ball', 'block'),
    )
    framed, shelf = p.flag('frame', 0.75), p.flag('shelf', 0.25)
    paint, second = p.paint('color', 'metal', 'dark', 'wood'), p.paint('content_color', 'color', 'clay')
    w, h, d = s.width / 2, s.height, s.depth / 2
    panes = [*mirrored(box(0.004, h, s.depth, w, h / 2)), *(box(s.width, h, 0.004, 0, h / 2, z) for z in (-d, d))]
    parts.add('glass', GLASS, panes, at=(0, s.base, 0))
    parts.add('base', paint, box(s.width * 1.03, s.base, s.depth * 1.03, 0, s.base / 2))
    if framed:
        posts = four(box(s.bar, h, s.bar, w, h / 2, d))
        rails = [box(s.width, s.bar, s.bar, 0, y, z) for y in (0, h) for z in (-d, d)]
        rails += [bar for y in (0, h) for bar in mirrored(box(s.bar, s.bar, s.depth, w, y))]
        parts.add('frame', paint, posts, rails, at=(0, s.base, 0))
    if lid == 'roof':
        pitch = box(w * 1.2, 0.006, s.depth, w * 0.6).turned('z', -0.6).moved(0, w * 0.68)
        parts.add('lid', GLASS, mirrored(pitch), at=(0, s.base + h, 0))
    elif lid != 'none':
        cover = box(s.width, 0.008, s.depth, 0, 0, d).turned('x', -s.opening if lid == 'hinged' else 0.0)
        parts.add('lid', GLASS, cover, at=(0, s.base + h, -d))
    if shelf:
        parts.add('glass', GLASS, box(s.width, 0.005, s.depth, 0, s.base + h * 0.55))
    size = s.content * min(s.width, s.depth, h)
    if inside != 'none':
        thing = ellipsoid(size, size, size) if inside == 'ball' else box(size, size * 0.8, size)
        parts.add('content', second, thing, at=(0, s.base + size / 2, 0))
    words = {'none': 'an open top', 'flat': 'a lid', 'hinged': 'a hinged lid', 'roof': 'a pitched roof'}
    features = [
        f'a {paint.word} frame' if framed else 'no frame',
        words[lid],
        'something inside' if inside != 'none' else '',
    ]
    return sentence('glass box', [graded(s.height, 0.3, 'low', 0.65, 'tall')], features)
