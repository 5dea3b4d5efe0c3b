"""What one climbs: stairs."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import Mesh, mirrored
from zoo.datasets.procedural.captions import counted, sentence
from zoo.datasets.procedural.colors import Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.primitives import box, extrude, rod, sheet, sweep
from zoo.datasets.procedural.shapes import Parts, shape

RAILS = {'none': 'no railing', 'both': 'railings on both sides', 'left': 'one railing'}


@shape(
    'stairs',
    ('step', 'stringer', 'rail', 'post'),
    width=(0.6, 1.6),
    tread=(0.2, 0.36),
    riser=(0.12, 0.24),
    thickness=(0.03, 0.08),
    rail=(0.65, 1.05),
    nosing=(0.0, 0.06),
    twist=(0.22, 0.5),
    core=(0.05, 0.15),
    post=(0.02, 0.05),
)
def stairs(p: Draw, s: Any, parts: Parts) -> str:
    """A flight of steps: straight, with a turn, or a spiral."""
    kind, count = p.style('kind', 'solid', 'solid', 'open', 'open', 'spiral', 'turning'), p.count('steps', 4, 13)
    rails, color = p.style('rails', *RAILS), p.paint('color', 'wood', 'clay', 'plain')
    trim = p.paint('rail_color', 'metal', 'wood', 'dark')
    if kind == 'spiral':
        count += 4
        _spiral(parts, color, trim, s, count, railed=rails != 'none')
        rest = 'no railing' if rails == 'none' else 'a railing'
    else:
        straight, rest = count // 2 if kind == 'turning' else count, RAILS[rails]
        parts.add('step', color, [_step(s, i, straight, flat=kind == 'open') for i in range(count)])
        if kind == 'open':
            ends = np.array(
                [[(s.width * 0.46, i * s.riser + lift, -i * s.tread) for i in (0, count - 1)] for lift in (-0.12, 0.1)]
            )
            parts.add('stringer', trim, mirrored(sheet(ends, 0.05)))
        if rails != 'none':
            pieces = _railing(s, straight)
            for name, mesh in pieces:
                parts.add(name, trim, mirrored(mesh) if rails == 'both' else mesh)
    caption = sentence('stairs', [color.word, '' if kind == 'solid' else kind], [counted(count, 'step'), rest])
    return caption.removeprefix('an ').removeprefix('a ')


def _step(s: Any, i: int, straight: int, *, flat: bool) -> Mesh:
    """Return the i-th step; after ``straight`` steps there is a landing, and the flight goes on to the right."""
    top = (i + 1) * s.riser
    height = s.thickness if flat else top
    if i < straight:
        return box(s.width, height, s.tread + s.nosing, 0, top - height / 2, s.nosing / 2 - i * s.tread)
    z = -straight * s.tread - s.width / 2 + s.tread / 2
    if i == straight:
        return box(s.width, height, s.width, 0, top - height / 2, z)
    x = s.width / 2 + (i - straight - 0.5) * s.tread
    return box(s.tread + s.nosing, height, s.width, x, top - height / 2, z)


def _railing(s: Any, count: int) -> list[tuple[str, Mesh]]:
    """Return the hand rail and the posts on the left side of a straight flight."""
    x, run, rise = -s.width / 2 + s.post, (count - 1) * s.tread, (count - 1) * s.riser
    low = s.riser + s.rail
    bar = rod((x, low, 0), (x, low + rise, -run), s.post, sides=8)
    posts = [box(s.post, s.rail, s.post, x, (i + 1) * s.riser + s.rail / 2, -i * s.tread) for i in range(count)]
    return [('rail', bar), *(('post', post) for post in posts)]


def _spiral(parts: Parts, color: Paint, trim: Paint, s: Any, count: int, *, railed: bool) -> None:
    """Add steps that wind round a column."""
    column = rod((0, 0, 0), (0, count * s.riser + s.rail * 0.6, 0), s.core, sides=12)
    parts.add('post', trim, column)
    half = s.width * np.sin(s.twist * 0.6)
    wedge = np.array([(s.core * 0.5, -0.03), (s.width, -half), (s.width, half), (s.core * 0.5, 0.03)])
    tread = extrude(wedge, s.thickness).turned('x', -np.pi / 2)
    levels = (np.arange(count) + 1) * s.riser
    steps = [tread.turned('y', i * s.twist).moved(0, y - s.thickness / 2, 0) for i, y in enumerate(levels)]
    parts.add('step', color, steps)
    if railed:
        angle = np.arange(count) * s.twist
        path = np.stack([s.width * 0.95 * np.cos(angle), levels + s.rail, -s.width * 0.95 * np.sin(angle)], axis=1)
        parts.add('rail', trim, sweep(path, s.post, sides=6, up=(0, 1, 0)))
        parts.add('post', trim, [rod(at - (0, s.rail, 0), at, s.post * 0.5, sides=5) for at in path[::2]])
