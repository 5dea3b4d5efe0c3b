"""What one goes through: door."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import Mesh, mirrored
from zoo.datasets.procedural.captions import counted, sentence
from zoo.datasets.procedural.colors import GLASS
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.outlines import arc, rectangle
from zoo.datasets.procedural.primitives import box, ellipsoid, extrude, frame, rod
from zoo.datasets.procedural.shapes import Parts, shape

STYLES = ('panelled', 'panelled', 'plain', 'glazed', 'planked')
HANDLES = {'knob': 'a knob', 'lever': 'a lever', 'bar': 'a long bar'}


@shape(
    'door',
    ('leaf', 'frame', 'panel', 'handle', 'glass'),
    width=(0.65, 1.15),
    height=(1.75, 2.45),
    thickness=(0.03, 0.08),
    jamb=(0.05, 0.16),
    depth=(0.08, 0.26),
    margin=(0.08, 0.18),
    handle=(0.4, 0.52),
    opening=(0.1, 1.5),
    relief=(0.012, 0.035),
)
def door(p: Draw, s: Any, parts: Parts) -> str:
    """A door leaf, with or without its frame, shut or ajar."""
    style, grip = p.style('style', *STYLES), p.style('handle_style', *HANDLES)
    framed, ajar, arched, double = (
        p.flag('frame', 0.7),
        p.flag('ajar', 0.35),
        p.flag('arched', 0.15),
        p.flag('double', 0.2),
    )
    rows, columns = p.count('panel_rows', 1, 3), p.count('panel_columns', 1, 2)
    paint, trim = p.paint('color', 'wood', 'pale', 'color'), p.paint('frame_color', 'wood', 'pale')
    metal = p.paint('handle_color', 'metal')
    leaf, panels, glass = _leaf(style, s, rows, columns)
    groups = (
        ('leaf', paint, leaf),
        ('panel', paint, panels),
        ('glass', GLASS, glass),
        ('handle', metal, _handle(grip, s)),
    )
    for name, color, meshes in groups:  # the hinge is at the left edge
        swung = [mesh.moved(s.width / 2).turned('y', -s.opening if ajar else 0.0) for mesh in meshes]
        placed = [mesh.moved(-s.width if double else -s.width / 2) for mesh in swung]
        parts.add(name, color, mirrored(*placed) if double else placed)
    total = s.width * (2 if double else 1)
    if framed:
        post = box(s.jamb, s.height + s.jamb, s.depth, (total + s.jamb) / 2, (s.height + s.jamb) / 2)
        parts.add('frame', trim, mirrored(post), box(total, s.jamb, s.depth, 0, s.height + s.jamb / 2))
    if arched:
        top = extrude(arc(1.0, 0, np.pi, 13) * (total / 2 + s.jamb, total * 0.3), s.thickness * 1.2)
        parts.add('frame', trim, top, at=(0, s.height + (s.jamb if framed else 0.0), 0))
    words = {'plain': 'a plain leaf', 'glazed': 'a glass pane', 'planked': 'vertical planks'}
    face = words.get(style) or counted(rows * columns, 'panel')
    features = [face, HANDLES[grip], 'a frame' if framed else '', 'an arch on top' if arched else '']
    return sentence(
        'door', ['half-open' if ajar and s.opening > 0.4 else '', paint.word, 'double' if double else ''], features
    )


def _leaf(style: str, s: Any, rows: int, columns: int) -> tuple[list[Mesh], list[Mesh], list[Mesh]]:
    """Return leaf, raised panels and glass of a door that is centered at x = 0 and stands on y = 0."""
    w, h, thick, margin = s.width, s.height, s.thickness, s.margin
    if style == 'planked':
        planks = [box(w * 0.184, h, thick, (i - 2) * w / 5, h / 2) for i in range(5)]
        return planks, [box(w * 0.95, 0.1, thick + s.relief, 0, y * h) for y in (0.2, 0.8)], []
    if style == 'glazed':
        pane, middle = rectangle(w - 2 * margin, h * 0.6 - 2 * margin), h * 0.7
        ring = frame(rectangle(w, h * 0.6), pane, thick).moved(0, middle)
        return [box(w, h * 0.4, thick, 0, h * 0.2), ring], [], [extrude(pane, 0.01).moved(0, middle)]
    slab = [box(w, h, thick, 0, h / 2)]
    if style == 'plain':
        return slab, [], []
    wide, tall = (w - margin * (columns + 1)) / columns, (h - margin * (rows + 1)) / rows
    panel = extrude(rectangle(wide, tall), thick + 2 * s.relief, bevel=0.08).moved(
        margin + wide / 2 - w / 2, margin + tall / 2
    )
    return (
        slab,
        [panel.moved(i * (wide + margin), j * (tall + margin)) for i in range(columns) for j in range(rows)],
        [],
    )


def _handle(style: str, s: Any) -> list[Mesh]:
    """Return the handles on both sides of a leaf, at its right edge."""
    x, y, meshes = s.width * 0.42, s.height * s.handle, []
    for z in (s.thickness / 2 + 0.035, -s.thickness / 2 - 0.035):
        meshes.append(rod((x, y, 0), (x, y, z), 0.014, sides=8))
        if style == 'knob':
            meshes.append(ellipsoid(0.075, 0.075, 0.05, sides=10, rings=7).moved(x, y, z))
        elif style == 'lever':
            meshes.append(rod((x + 0.01, y, z), (x - 0.13, y, z), 0.013, sides=8))
        else:
            meshes.append(rod((x, y - 0.3, z), (x, y + 0.3, z), 0.015, sides=8))
    return meshes
