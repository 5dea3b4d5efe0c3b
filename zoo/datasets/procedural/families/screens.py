"""What shows a picture: monitor and laptop; and the keys before it: keyboard."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, Mesh, mirrored
from zoo.datasets.procedural.captions import counted, graded, sentence
from zoo.datasets.procedural.colors import BLACK, Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.outlines import rectangle, rounded
from zoo.datasets.procedural.primitives import box, frame, loft, pebble, revolve, rod
from zoo.datasets.procedural.shapes import Parts, shape

FEET = {
    'plate': 'a flat base',
    'disc': 'a round base',
    'feet': 'two feet',
    'loop': 'a ring base',
    'star': 'a star-shaped foot',
}


def _curve(bend: float, width: float) -> Callable[[FloatArray], FloatArray]:
    """Return a deformation that brings the sides forward by ``bend`` times the width."""

    def forward(v: FloatArray) -> FloatArray:
        v[:, 2] += bend * width * (2 * v[:, 0] / width) ** 2
        return v

    return forward


@shape(
    'monitor',
    ('screen', 'frame', 'stand', 'base'),
    width=(0.38, 0.9),
    aspect=(0.4, 0.85),
    bezel=(0.01, 0.055),
    thickness=(0.015, 0.07),
    neck=(0.03, 0.13),
    tilt=(-0.05, 0.32),
    lift=(0.03, 0.25),
    base=(0.18, 0.42),
    tube=(0.25, 0.5),
    bend=(0.03, 0.14),
    turn=(-0.4, 0.4),
)
def monitor(p: Draw, s: Any, parts: Parts) -> str:
    """A screen on a stand, flat, curved or an old tube."""
    kind, foot = p.style('kind', 'flat', 'flat', 'tube', 'curved'), p.style('foot', *FEET)
    case, screen = p.paint('color', 'dark', 'dark', 'plain', 'metal'), p.paint('screen_color', 'screen')
    height = s.width * s.aspect
    glass, shell = _tube(s, height) if kind == 'tube' else _panel(s, height)
    middle = s.lift + height / 2 + 0.02
    for name, paint, meshes in (('screen', screen, glass), ('frame', case, shell)):
        shaped = [mesh.bent(_curve(s.bend, s.width)) for mesh in meshes] if kind == 'curved' else meshes
        parts.add(name, paint, [mesh.turned('x', -s.tilt) for mesh in shaped], turn=('y', s.turn), at=(0, middle, 0))
    if foot != 'feet':
        z = -0.05 if kind == 'tube' else -s.thickness / 2 - 0.02
        parts.add('stand', case, box(s.neck, middle, 0.025, 0, middle / 2, z))
    parts.add('base', case, _foot(foot, s.base, middle))
    kinds = {'flat': 'flat', 'tube': 'old tube', 'curved': 'curved'}
    wide = 'wide' if s.aspect < 0.5 else ''
    return sentence('monitor', [case.word, wide, kinds[kind]], [FEET[foot], 'a wide frame' if s.bezel > 0.035 else ''])


def _panel(s: Any, height: float) -> tuple[list[Mesh], list[Mesh]]:
    """Return glass and case of a thin screen in the plane z = 0, in strips so that it can be bent."""
    inner, tall = s.width - 2 * s.bezel, height - 2 * s.bezel
    at = (np.arange(8) + 0.5) / 8 - 0.5
    glass = [box(inner / 8, tall, 0.004, inner * x, 0, s.thickness / 2 + 0.001) for x in at]
    back = [box(s.width / 8, height, s.thickness, s.width * x) for x in at]
    bezel = frame(rectangle(s.width, height), rectangle(inner, tall), 0.008).moved(0, 0, s.thickness / 2)
    boss = pebble(s.width * 0.4, height * 0.45, 0.05, 0.02).moved(0, 0, -s.thickness / 2 - 0.022)
    return glass, [*back, bezel, boss]


def _tube(s: Any, height: float) -> tuple[list[Mesh], list[Mesh]]:
    """Return glass and case of a cathode ray tube, its front in the plane z = 0."""
    outline = rounded(s.width, height, 0.02, 3)
    levels = [(-s.tube, 0.45), (-0.35 * s.tube / 0.4, 0.8), (-0.03, 0.97), (0.0, 1.0)]
    shell = np.array([[(x * share, y * share, z) for x, y in outline] for z, share in levels])
    inner = rounded(s.width - 2 * s.bezel, height - 2 * s.bezel, 0.03, 3)
    dome = np.array(
        [[(x * share, y * share, 0.03 * (1 - share**2)) for x, y in inner] for share in (1.0, 0.7, 0.35, 0.02)]
    )
    bezel = frame(rectangle(s.width, height), rectangle(s.width - 2 * s.bezel, height - 2 * s.bezel), 0.03)
    return [loft(dome)], [loft(shell, start=True), bezel.moved(0, 0, 0.01)]


def _foot(style: str, base: float, middle: float) -> list[Mesh]:
    """Return what a screen stands on; ``middle`` is the height of its center."""
    if style == 'plate':
        return [pebble(base, 0.02, base * 0.65, 0.009).moved(0, 0.01, 0)]
    if style == 'disc':
        return [revolve([(0, 0), (base * 0.45, 0), (base * 0.42, 0.02), (0, 0.03)], 20)]
    if style == 'loop':
        ring = frame(rounded(base, base * 0.7, 0.05), rounded(base * 0.8, base * 0.5, 0.04), 0.015)
        return [ring.turned('x', np.pi / 2).moved(0, 0.008, 0.02)]
    if style == 'star':
        ends = [(base * 0.6 * np.sin(a), 0.01, base * 0.6 * np.cos(a)) for a in (0.9, -0.9, 2.6, -2.6)]
        return [rod((0, 0.015, -0.03), end, 0.015, sides=6) for end in ends]
    top = (base * 0.6, middle * 0.4, 0)
    return mirrored(*(rod((base * 0.7, 0.01, z), top, 0.012, sides=6) for z in (-0.12, 0.12)))


def keys(
    columns: int, rows: int, width: float, depth: float, height: float, gap: float, *, bar: bool = True
) -> list[Mesh]:
    """Return a block of keys on y = 0, centered, its front row towards +z.

    Args:
        columns: Keys in a row.
        rows: Number of rows.
        width: Width of the block.
        depth: Depth of the block.
        height: Height of a key.
        gap: Share of a key that is left free.
        bar: Whether the front row has a space bar.
    """
    line, grid = depth / rows, np.linspace(0, 1, columns + 1)
    meshes = []
    for row in range(rows):
        z = (row + 0.5) * line - depth / 2
        edges = np.array([0.0, 0.12, 0.24, 0.72, 0.86, 1.0]) if bar and row == rows - 1 else grid
        for a, b in pairwise(edges):
            wide = (b - a - gap / columns) * width
            meshes.append(box(wide, height, line * (1 - gap), (a + b - 1) / 2 * width, height / 2, z))
    return meshes


@shape(
    'keyboard',
    ('case', 'key', 'rest', 'foot'),
    width=(0.26, 0.48),
    depth=(0.1, 0.18),
    height=(0.01, 0.035),
    key=(0.004, 0.016),
    gap=(0.08, 0.25),
    margin=(0.006, 0.025),
    tilt=(0.0, 0.18),
    rest=(0.04, 0.09),
    bend=(0.03, 0.09),
)
def keyboard(p: Draw, s: Any, parts: Parts) -> str:
    """A flat case full of keys to type on."""
    form, pad, palm = (
        p.style('form', 'plain', 'plain', 'plain', 'curved', 'split'),
        p.flag('number_pad'),
        p.flag('palm_rest', 0.25),
    )
    rows, columns = p.count('rows', 4, 6), p.count('columns', 10, 14)
    case, cap = p.paint('color', 'plain', 'dark', 'metal', 'color'), p.paint('key_color', 'plain', 'dark', 'pale')
    width = s.width * (1.2 if pad else 1.0)
    block, deep = width - 2 * s.margin, s.depth - 2 * s.margin
    main = block * (0.76 if pad else 1.0)
    caps = [mesh.moved((main - block) / 2) for mesh in keys(columns, rows, main, deep, s.key, s.gap)]
    if pad:
        caps += [mesh.moved(block * 0.4) for mesh in keys(4, rows, block * 0.2, deep, s.key, s.gap, bar=False)]
    count = {'plain': 1, 'split': 2, 'curved': 5}[form]
    slab = pebble(width / count + 0.002, s.height, s.depth, min(0.006, s.height / 3))
    slabs = [slab.moved((i + 0.5) * width / count - width / 2, s.height / 2) for i in range(count)]

    def arrange(mesh: Mesh) -> Mesh:
        if form == 'split':
            side = 1.0 if mesh.vertices[:, 0].mean() > 0 else -1.0
            return mesh.turned('y', -side * 0.18).moved(side * 0.02)
        return mesh.bent(_curve(s.bend, width)) if form == 'curved' else mesh

    parts.add('case', case, [arrange(mesh) for mesh in slabs], turn=('x', s.tilt))
    parts.add('key', cap, [arrange(mesh.moved(0, s.height)) for mesh in caps], turn=('x', s.tilt))
    if palm and form == 'plain':
        rest = pebble(width * 0.98, s.height * 0.8, s.rest, 0.005).moved(0, s.height * 0.4, (s.depth + s.rest) / 2)
        parts.add('rest', BLACK, rest, turn=('x', s.tilt))
    if s.tilt > 0.05 and form == 'plain':
        lift = s.depth * float(np.sin(s.tilt)) * 0.5
        parts.add('foot', case, mirrored(box(0.03, lift, 0.012, width * 0.36, lift * 0.5, -s.depth * 0.42)))
    wrist = 'a palm rest' if palm and form == 'plain' else ''
    features = [f'{counted(rows, "row")} of keys', 'a number pad' if pad else '', wrist]
    return sentence('keyboard', [case.word, '' if form == 'plain' else form], features)


@shape(
    'laptop',
    ('base', 'screen', 'lid', 'key', 'touchpad'),
    width=(0.25, 0.44),
    depth=(0.18, 0.32),
    height=(0.008, 0.035),
    lid=(0.005, 0.018),
    opening=(0.6, 2.8),
    bezel=(0.006, 0.028),
    keys=(0.4, 0.58),
    pad=(0.22, 0.42),
    hinge=(0.004, 0.012),
)
def laptop(p: Draw, s: Any, parts: Parts) -> str:
    """A keyboard and a screen that fold together."""
    rows, columns = p.count('rows', 4, 6), p.count('columns', 9, 13)
    case, key = p.paint('color', 'metal', 'metal', 'dark', 'color', 'plain'), p.paint('key_color', 'dark', 'plain')
    screen = p.paint('screen_color', 'screen')
    w, d = s.width, s.depth
    parts.add('base', case, pebble(w, s.height, d, min(0.005, s.height * 0.4)), at=(0, s.height / 2, 0))
    parts.add('base', case, rod((-w * 0.35, s.height, -d / 2), (w * 0.35, s.height, -d / 2), s.hinge, sides=8))
    block = keys(columns, rows, w * 0.88, d * s.keys, 0.003, 0.2)
    parts.add('key', key, block, at=(0, s.height, -d * (0.46 - s.keys / 2)))
    spare = d * (0.9 - s.keys)
    parts.add('touchpad', BLACK, box(w * s.pad, 0.001, spare * 0.75, 0, s.height + 0.001, d * 0.48 - spare * 0.5))
    _lid(parts, (case, screen), s)
    how = graded(s.opening, 1.2, 'half-closed', 2.1, 'wide open') or 'open'
    features = [f'a {screen.word} screen', f'{key.word} keys', 'a wide touchpad' if s.pad > 0.34 else '']
    return sentence('laptop', [how, case.word, 'thick' if s.height > 0.024 else ''], features)


def _lid(parts: Parts, paints: tuple[Paint, Paint], s: Any) -> None:
    """Add the lid of a laptop with its screen, opened by its angle."""
    case, screen = paints
    wide, tall = s.width - 2 * s.bezel, s.depth - 3 * s.bezel
    face = frame(rectangle(s.width * 0.99, s.depth * 0.99), rectangle(wide, tall), 0.002).moved(0, 0, s.lid / 2)
    picture = box(wide, tall, 0.001, 0, 0, s.lid / 2 + 0.0004)
    for name, paint, mesh in (
        ('lid', case, pebble(s.width, s.depth, s.lid, s.lid * 0.4)),
        ('lid', BLACK, face),
        ('screen', screen, picture),
    ):
        raised = mesh.moved(0, s.depth / 2, 0)
        parts.add(name, paint, raised, turn=('x', np.pi / 2 - s.opening), at=(0, s.height, -s.depth / 2))
