"""What moves people on the ground: car."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, Mesh, mirrored
from zoo.datasets.procedural.captions import graded, sentence
from zoo.datasets.procedural.colors import BLACK, GLASS, MIRROR, RUBBER, Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.outlines import ellipse
from zoo.datasets.procedural.primitives import box, ellipsoid, loft, pebble, revolve, rod, sheet
from zoo.datasets.procedural.shapes import Parts, shape

CABINS: dict[str, tuple[float, float, float, float]] = {
    'sedan': (-0.36, -0.20, 0.12, 0.26),
    'hatchback': (-0.47, -0.40, 0.10, 0.25),
    'estate': (-0.48, -0.44, 0.10, 0.25),
    'van-like': (-0.49, -0.48, 0.28, 0.42),
    'pickup': (-0.08, -0.05, 0.12, 0.24),
    'sports': (-0.40, -0.12, 0.02, 0.20),
    'bus-like': (-0.495, -0.485, 0.47, 0.49),
}
"""Where the glass of each body style begins and ends, and the roof between, front at +0.5, as shares of the length."""

TALL = {'van-like': 1.5, 'bus-like': 2.2, 'sports': 0.75}
"""Factor on the height of the cabin, where it is not 1."""


@shape(
    'car',
    ('body', 'cabin', 'wheel', 'light', 'bumper'),
    length=(3.2, 5.1),
    width=(1.45, 2.0),
    clearance=(0.14, 0.42),
    waist=(0.45, 0.8),
    cabin=(0.36, 0.64),
    wheel=(0.26, 0.44),
    hood=(0.02, 0.27),
    axle=(0.5, 0.68),
    squareness=(3.2, 9.0),
    inset=(0.7, 0.92),
    rake=(-0.04, 0.06),
)
def car(p: Draw, s: Any, parts: Parts) -> str:
    """A body on four wheels with a glazed cabin; the front is towards +z."""
    style, spare = p.style('style', *CABINS), p.flag('spare_wheel', 0.15)
    rack, spoiler = p.flag('roof_rack', 0.2), p.flag('spoiler', 0.3) and style in ('sedan', 'sports', 'hatchback')
    paint, rim = p.paint('color', 'color', 'metal', 'plain'), p.paint('rim_color', 'metal')
    hood = 0.02 if style == 'bus-like' else s.hood
    waist, roof = s.clearance + s.waist, s.clearance + s.waist + s.cabin * TALL.get(style, 1.0)
    parts.add('body', paint, _hull(s, hood))
    rear, roof_rear, roof_front, front = (np.array(CABINS[style]) + (0, 0, s.rake, s.rake)) * s.length
    house = [
        (rear, waist - 0.06, 0.95),
        (roof_rear, roof, s.inset),
        (roof_front, roof, s.inset),
        (front, waist - 0.06, 0.95),
    ]
    parts.add('cabin', GLASS, _glass_house(house, s.width * 0.94))
    parts.add('cabin', paint, _pillars(house, s.width * 0.94))
    middle, long = (roof_front + roof_rear) / 2, roof_front - roof_rear
    parts.add('cabin', paint, box(s.width * s.inset * 0.95, 0.04, long, 0, roof + 0.01, middle))
    _wheels(parts, rim, s, spare=spare)
    lamp = ellipsoid(0.26, 0.15, 0.1, sides=8, rings=5)
    at = (s.width * 0.33, s.clearance + s.waist * (0.62 - hood * 0.5), s.length * 0.485)
    parts.add('light', MIRROR, mirrored(lamp.moved(*at)))
    bumper = pebble(s.width * 0.9, 0.16, 0.16, 0.05)
    parts.add('bumper', BLACK, [bumper.moved(0, s.clearance + 0.12, side * s.length / 2) for side in (-1, 1)])
    if rack:
        bar = rod((s.width * 0.3, roof + 0.08, roof_rear), (s.width * 0.3, roof + 0.08, roof_front), 0.03)
        parts.add('bumper', BLACK, mirrored(bar))
    if spoiler:
        z = -s.length * 0.47
        parts.add('bumper', paint, box(s.width * 0.85, 0.04, 0.25, 0, waist + 0.14, z))
        parts.add('bumper', paint, mirrored(box(0.05, 0.18, 0.1, s.width * 0.3, waist + 0.05, z)))
    high = 'high ground clearance' if s.clearance > 0.33 else ''
    features = [
        'a spare wheel at the back' if spare else '',
        'a roof rack' if rack else '',
        'a spoiler' if spoiler else '',
        high,
    ]
    return sentence('car', [graded(s.length, 3.6, 'short', 4.6, 'long'), paint.word, style], features)


def _hull(s: Any, hood: float) -> Mesh:
    """Return the lower body, from superelliptic sections along z."""
    z = np.array([-0.5, -0.48, -0.3, 0.0, 0.25, 0.46, 0.5]) * s.length
    share = np.array([0.75, 0.95, 1.0, 1.0, 1.0 - hood * 0.3, 1.0 - hood, 0.7 - hood * 0.6])
    tall, wide = share * s.waist, np.array([0.86, 0.95, 1.0, 1.0, 1.0, 0.93, 0.8]) * s.width
    section = ellipse(1, 1, 20, s.squareness)
    rings = np.empty((7, 20, 3))
    rings[..., 0] = section[:, 0] * wide[:, None]
    rings[..., 1] = s.clearance + (section[:, 1] + 0.5) * tall[:, None]
    rings[..., 2] = z[:, None]
    return loft(rings, start=True, end=True)


def _glass_house(rows: list[tuple[float, float, float]], width: float) -> Mesh:
    """Return the cabin over points (z, y, share of the width), from the rear to the front."""
    edge: FloatArray = np.array([(width * share / 2, y, z) for z, y, share in rows])
    rings = np.repeat(np.stack([edge, edge * (-1, 1, 1)], axis=1), [1, 2, 2, 1], axis=0)
    roof, flank = sheet(rings), np.array([(0, 1, 2), (0, 2, 3)])
    count = len(roof.vertices)
    sides = [flank + count, flank[:, ::-1] + count + 4]
    return Mesh(np.concatenate([roof.vertices, edge, edge * (-1, 1, 1)]), np.concatenate([roof.faces, *sides]))


def _pillars(rows: list[tuple[float, float, float]], width: float) -> list[Mesh]:
    """Return the posts between the panes, over the same points as the cabin."""
    corners = [(width * share / 2, y, z) for z, y, share in rows]
    (_, roof, rear), (_, _, front) = corners[1:3]
    corners.insert(2, (corners[1][0], roof, (rear + front) / 2))
    foot = (width * 0.475, corners[0][1], corners[2][2])
    return mirrored(
        *(
            rod(low, high, 0.035, sides=4)
            for low, high in zip((corners[0], foot, corners[4]), corners[1:4], strict=True)
        )
    )


def _wheels(parts: Parts, rim: Paint, s: Any, *, spare: bool) -> None:
    """Add two axles, and a wheel on the back where wanted."""
    tyre = _tyre(s.wheel)
    cap = ellipsoid(0.06, s.wheel, s.wheel, sides=10, rings=6)
    for z in (-s.axle / 2 * s.length, s.axle / 2 * s.length):
        parts.add('wheel', RUBBER, mirrored(tyre.moved(s.width / 2 - 0.08, s.wheel, z)))
        parts.add('wheel', rim, mirrored(cap.moved(s.width / 2 + 0.04, s.wheel, z)))
    if spare:
        parts.add('wheel', RUBBER, tyre, turn=('y', np.pi / 2), at=(0, s.clearance + s.waist * 0.6, -s.length * 0.53))


def _tyre(radius: float) -> Mesh:
    """Return a wheel about the x axis."""
    half, inner, shoulder = 0.11, radius * 0.55, radius * 0.95
    tread = [(shoulder, -half), (radius, -half * 0.6), (radius, half * 0.6), (shoulder, half)]
    return revolve([(0, -half / 2), (inner, -half), *tread, (inner, half), (0, half / 2)], 16).turned('z', -np.pi / 2)
