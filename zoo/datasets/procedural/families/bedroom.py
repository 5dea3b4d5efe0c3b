"""What people sleep on: bed and pillow."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, Mesh, four, mirrored
from zoo.datasets.procedural.captions import counted, graded, sentence
from zoo.datasets.procedural.colors import Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.families.supports import supports
from zoo.datasets.procedural.primitives import box, ellipsoid, loft, pebble, revolve, sheet, sweep
from zoo.datasets.procedural.shapes import Parts, shape

HEADBOARDS = {
    'panel': 'a panelled headboard',
    'slats': 'a slatted headboard',
    'padded': 'a padded headboard',
    'arched': 'an arched headboard',
    'none': '',
}
TRIMS = {'none': '', 'piping': 'piped edges', 'button': 'a button in the middle', 'fringe': 'a fringe'}


def cushion(width: float, height: float, thickness: float, pinch: float, fullness: float, steps: int = 9) -> Mesh:
    """Return a cushion with drawn-out corners, flat in the xy plane.

    Args:
        width: Extent along x.
        height: Extent along y.
        thickness: Extent along z, in the middle.
        pinch: Depth by which the edges are drawn in between the corners, a share of the width.
        fullness: Exponent of the belly; small values are plump up to the edge.
        steps: Number of points along a side.
    """
    u = np.sin(np.linspace(-np.pi / 2, np.pi / 2, steps))
    x, y = np.meshgrid(u, u)
    belly = np.maximum((1 - x**2) * (1 - y**2), 0) ** fullness * thickness / 2
    flat_x, flat_y = x * (1 - pinch * (1 - y**2)) * width / 2, y * (1 - pinch * (1 - x**2)) * height / 2
    front = np.stack([flat_x, flat_y, belly], axis=-1)
    return loft(np.concatenate([front, (front * (1, 1, -1))[:, ::-1]], axis=1))


@shape(
    'pillow',
    ('cushion', 'trim'),
    width=(0.35, 0.6),
    aspect=(0.5, 1.0),
    thickness=(0.08, 0.28),
    pinch=(0.0, 0.22),
    fullness=(0.28, 0.75),
    lean=(0.0, 1.57),
    sag=(0.0, 0.6),
)
def pillow(p: Draw, s: Any, parts: Parts) -> str:
    """A cushion: square, long, a bolster or a round one, standing or lying."""
    kind, trim = p.style('kind', 'square', 'square', 'square', 'bolster', 'round'), p.style('trim', *TRIMS)
    cover, edge = p.paint('color', 'color', 'plain', 'pale'), p.paint('trim_color', 'color', 'plain', 'metal')
    height, lean = s.width * s.aspect, s.lean
    if kind == 'square':
        body, extra = [cushion(s.width, height, s.thickness, s.pinch, s.fullness)], _trim(trim, s, height)
    elif kind == 'bolster':
        trim, lean = 'piping', np.pi / 2
        body, extra = _bolster(s.width * 0.65, s.thickness * 0.65, s.thickness * 0.65 * s.fullness)
    else:
        trim = 'button'
        disc = ellipsoid(s.width, s.width * (0.8 + 0.2 * s.aspect), s.thickness * 0.75, sides=20, rings=11)
        body, extra = [disc], _trim(trim, s, height, 0.75)

    def slump(v: FloatArray) -> FloatArray:
        v[:, 2] -= v[:, 1] ** 2 * s.sag / height
        return v

    for name, paint, meshes in (('cushion', cover, body), ('trim', edge, extra)):
        parts.add(name, paint, [mesh.bent(slump) for mesh in meshes], turn=('x', -lean))
    words = {
        'square': graded(s.aspect, 0.85, 'rectangular', 0.85, 'square'),
        'bolster': 'long bolster',
        'round': 'round',
    }
    return sentence('pillow', [graded(s.thickness, 0.13, 'flat', 0.2, 'plump'), cover.word, words[kind]], [TRIMS[trim]])


def _bolster(half: float, radius: float, softness: float) -> tuple[list[Mesh], list[Mesh]]:
    """Return a roll along x with soft ends, and the piping at its ends."""
    bow, flat = np.linspace(0, np.pi / 2, 5), half - softness * 0.8
    end = np.stack([radius - softness + softness * np.cos(bow), flat + softness * 0.8 * np.sin(bow)], axis=1)
    body = revolve(np.concatenate([[(0, -half)], end[::-1] * (1, -1), end, [(0, half)]]), 18)
    ring = revolve([(radius, -0.012), (radius + 0.012, 0), (radius, 0.012)], 18).moved(0, flat, 0)
    return [body.turned('z', np.pi / 2)], mirrored(ring.turned('z', np.pi / 2))


def _trim(style: str, s: Any, height: float, bulge: float = 1.0) -> list[Mesh]:
    """Return what is sewn to a cushion of this width and height; ``bulge`` is a factor on its thickness."""
    if style == 'button':
        button = ellipsoid(0.05, 0.05, 0.025, sides=10, rings=5)
        return [button.moved(0, 0, side * s.thickness * bulge / 2) for side in (-1, 1)]
    if style == 'none':
        return []
    t, flat = np.linspace(-1, 1, 9), np.zeros(9)
    bow = (1 - s.pinch * (1 - t**2)) / 2
    top, side = (
        np.stack([t * s.width / 2, bow * height, flat], axis=1),
        np.stack([bow * s.width, t * height / 2, flat], axis=1),
    )
    if style == 'piping':
        paths = (top, top * (1, -1, 1), side, side * (-1, 1, 1))
        return [sweep(path, 0.009, sides=6, up=(0, 0, 1)) for path in paths]
    return mirrored(sheet(np.stack([side, side + (0.05, 0, 0)]), 0.004))


@shape(
    'bed',
    ('frame', 'mattress', 'headboard', 'pillow', 'post'),
    width=(0.8, 2.0),
    length=(1.8, 2.25),
    height=(0.1, 0.45),
    mattress=(0.1, 0.34),
    board=(0.03, 0.09),
    head=(0.2, 0.95),
    foot=(0.1, 0.5),
    post=(1.5, 2.1),
    softness=(0.03, 0.1),
)
def bed(p: Draw, s: Any, parts: Parts) -> str:
    """A mattress in a frame, with a headboard."""
    style, footboard = p.style('headboard', *HEADBOARDS), p.flag('footboard', 0.4)
    posts, bunk = p.flag('posts', 0.15), p.flag('bunk', 0.12)
    frame, linen = p.paint('frame_color', 'wood', 'metal', 'plain'), p.paint('sheet_color', 'pale')
    cover = p.paint('cover_color', 'color', 'plain')
    pillows, lie = 2 if s.width > 1.25 else 1, s.height + s.mattress
    top = lie + 0.75 if bunk else 0.0
    for y in (0.0, top)[: 1 + bunk]:
        _deck(parts, (frame, linen, cover), s, y, pillows)
    parts.add('frame', frame, supports('straight', s.width * 0.98, s.length * 0.98, s.height * 0.5, s.board * 1.5))
    board = _headboard(style, s.width, top + lie + s.head, s.board)
    parts.add('headboard', cover if style == 'padded' else frame, board, at=(0, 0, -s.length / 2))
    if footboard:
        tall = s.height + s.foot
        parts.add('headboard', frame, box(s.width * 1.02, tall, s.board, 0, tall / 2, s.length / 2))
    if posts or bunk:
        _posts(parts, frame, s, top + lie + 0.3 if bunk else s.post)
    kind = 'bunk' if bunk else 'four-poster' if posts else graded(s.width, 1.1, 'single', 1.35, 'double')
    features = [
        HEADBOARDS[style],
        f'{cover.word} covers',
        counted(pillows, 'pillow'),
        'a footboard' if footboard else '',
    ]
    return sentence('bed', [frame.word, kind], features)


def _deck(parts: Parts, paints: tuple[Paint, Paint, Paint], s: Any, y: float, pillows: int) -> None:
    """Add one place to lie on: slats, mattress, blanket and pillows."""
    frame, linen, cover = paints
    lie = y + s.height + s.mattress
    parts.add('frame', frame, box(s.width, s.height * 0.6, s.length, 0, y + s.height * 0.7))
    parts.add(
        'mattress',
        linen,
        pebble(s.width * 0.97, s.mattress, s.length * 0.97, s.softness),
        at=(0, lie - s.mattress / 2, 0),
    )
    blanket = pebble(s.width * 1.02, s.mattress * 0.5, s.length * 0.62, s.softness)
    parts.add('mattress', cover, blanket, at=(0, lie - s.mattress * 0.2, s.length * 0.18))
    one = cushion(s.width * 0.8 / pillows, 0.42, 0.16, 0.08, 0.4, 7).turned('x', -1.2)
    row = [one.moved((i - (pillows - 1) / 2) * s.width * 0.46) for i in range(pillows)]
    parts.add('pillow', linen, row, at=(0, lie + s.mattress * 0.2, -s.length * 0.36))


def _posts(parts: Parts, paint: Paint, s: Any, height: float) -> None:
    """Add four posts with a frame on top."""
    x, z = s.width / 2, s.length / 2
    parts.add('post', paint, four(box(s.board * 1.5, height, s.board * 1.5, x, height / 2, z)))
    parts.add('post', paint, [box(s.width, s.board, s.board, 0, height, side * z) for side in (-1, 1)])
    parts.add('post', paint, mirrored(box(s.board, s.board, s.length, x, height)))


def _headboard(style: str, width: float, height: float, board: float) -> list[Mesh]:
    """Return a headboard in the plane z = 0 that stands on y = 0."""
    if style == 'none':
        return []
    if style == 'padded':
        return [pebble(width * 1.06, height * 0.95, board * 2, board * 0.8).moved(0, height * 0.5, 0)]
    if style == 'panel':
        return [box(width * 1.02, height, board, 0, height / 2)]
    if style == 'arched':
        x = np.linspace(-0.5, 0.5, 11)
        top = height * (0.75 + 0.25 * np.cos(x * np.pi))
        rows = [np.stack([x * width * 1.02, level * top, 0 * x], axis=1) for level in np.linspace(0, 1, 3)]
        return [sheet(np.stack(rows), board)]
    bar = revolve([(0, 0), (board * 0.35, 0), (board * 0.35, height), (0, height)], 6)
    bars = [bar.moved(float(x)) for x in np.linspace(-width / 2, width / 2, 9)]
    return [*bars, *(box(width * 1.04, board, board, 0, y) for y in (height, height * 0.6))]
