"""Who uses all the other things: person."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, Mesh
from zoo.datasets.procedural.captions import graded, sentence
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.primitives import ellipsoid, pebble, revolve, rod, stack
from zoo.datasets.procedural.shapes import Parts, shape

POSES = {'standing': 'standing', 'walking': 'walking', 'sitting': 'sitting', 'arms raised': 'waving'}
HAIR = {'short': 'short hair', 'long': 'long hair', 'bald': 'no hair', 'hat': 'a hat'}


@shape(
    'person',
    ('torso', 'head', 'arm', 'leg', 'hair', 'foot'),
    leg=(0.68, 0.98),
    girth=(0.75, 1.5),
    torso=(0.44, 0.64),
    shoulder=(0.32, 0.5),
    arm=(0.5, 0.74),
    head=(0.18, 0.26),
    stride=(0.0, 0.7),
    spread=(0.05, 1.0),
    elbow=(0.0, 1.3),
    lean=(-0.06, 0.25),
    stance=(0.0, 0.28),
)
def person(p: Draw, s: Any, parts: Parts) -> str:
    """A human figure: standing, walking, sitting or with raised arms."""
    pose, hair, skirt = p.style('pose', 'standing', *POSES), p.style('hair', *HAIR), p.flag('skirt', 0.2)
    shirt, trousers = p.paint('shirt_color', 'color', 'plain'), p.paint('trouser_color', 'dark', 'color', 'plain')
    skin, mop = p.paint('skin', 'skin'), p.paint('hair_color', 'dark', 'wood')
    hips, top = s.shoulder * 0.34 * s.girth**0.5, s.torso
    forward = ('x', s.lean)
    parts.add('torso', shirt, _torso(s, hips), turn=forward)
    skull = ellipsoid(s.head * 0.82, s.head * 1.15, s.head, sides=14, rings=9)
    parts.add('head', skin, skull.moved(0, top + 0.05 + s.head * 0.6, 0.01), turn=forward)
    if hair != 'bald':
        parts.add('hair', mop, _hair(hair, s.head).moved(0, top + 0.05 + s.head * 0.6, 0), turn=forward)
    if skirt:
        cloth = revolve([(hips * 1.75, -s.leg * 0.5), (hips * 0.95, 0.08)], 16)
        parts.add('leg', trousers, cloth.scaled(1, 1, 0.8))
    walk = s.stride if pose == 'walking' else 0.08 * s.stride
    for side in (-1, 1):
        swing = (1.45, 0.05) if pose == 'sitting' else (side * walk, (side - 0.5) * walk)
        hip = np.array([side * hips * 0.5, 0, 0])
        limb, end = _limb(hip, (s.leg * 0.52, s.leg * 0.48), swing, side * (0.03 + s.stance), 0.085 * s.girth**0.6)
        parts.add('leg', trousers, limb)
        parts.add('foot', mop, pebble(0.09, 0.07, 0.24, 0.03), at=end + (0, -0.01, 0.06))
        lift = {'arms raised': 2.6, 'sitting': 0.7}.get(pose, -side * walk)
        bend = lift + s.elbow * (0.3 if pose == 'arms raised' else 1.0)
        joint = np.array([side * (s.shoulder / 2 - 0.02), top * 0.9, 0])
        limb, end = _limb(
            joint, (s.arm * 0.48, s.arm * 0.52), (lift, bend), side * s.spread * 0.7, 0.052 * s.girth**0.6
        )
        parts.add('arm', shirt, limb, turn=forward)
        parts.add('arm', skin, ellipsoid(0.07, 0.1, 0.06, sides=8, rings=6).moved(*end), turn=forward)
    lower = f'a {trousers.word} skirt' if skirt else f'{trousers.word} trousers'
    build = graded(s.girth, 0.92, 'slim', 1.28, 'stout')
    return sentence('person', [build, POSES[pose]], [f'a {shirt.word} shirt', lower, HAIR[hair]])


def _torso(s: Any, hips: float) -> list[Mesh]:
    """Return trunk and neck, from the hips at the origin upwards."""
    depth, top = 0.2 * s.girth, s.torso
    levels = np.array([-0.04 / top, 0.1 / top, 0.45, 0.8, 0.95, 1.0]) * top
    wide = [hips * 1.7, hips * 1.8, hips * 1.6 * s.girth**0.3, s.shoulder * 0.92, s.shoulder * 0.8, s.shoulder * 0.3]
    deep = np.array([0.9, 1.0, 0.95, 1.0, 0.75, 0.5]) * depth
    trunk = stack(np.stack([levels, wide, deep], axis=1), 16, 2.4)
    return [trunk, rod((0, top - 0.02, 0), (0, top + 0.07, 0), 0.05, sides=9)]


def _hair(style: str, head: float) -> Mesh:
    """Return hair or a hat for a head about the origin."""
    if style == 'hat':
        brim = [(head * 0.9, head * 0.22), (head * 0.48, head * 0.26), (head * 0.45, head * 0.65), (0, head * 0.7)]
        return revolve(brim, 16)
    low = -0.05 if style == 'short' else -0.2
    cap = [(head * 0.5, low), (head * 0.52, head * 0.2), (head * 0.36, head * 0.52), (0, head * 0.66)]
    return revolve(cap, 14).moved(0, 0, -0.03)


def _limb(
    start: FloatArray, lengths: tuple[float, float], angles: tuple[float, float], out: float, radius: float
) -> tuple[list[Mesh], FloatArray]:
    """Return a limb of two segments, and its end ``(3,)``.

    Args:
        start: Shoulder or hip ``(3,)``.
        lengths: Lengths of the upper and the lower segment.
        angles: Angles by which each segment is swung to the front, radians.
        out: Angle by which the limb is spread to the side, signed.
        radius: Radius at the start; it narrows towards the end.
    """
    points = [start]
    for length, angle in zip(lengths, angles, strict=True):
        step = np.array([np.sin(out), -np.cos(out) * np.cos(angle), np.cos(out) * np.sin(angle)])
        points.append(points[-1] + length * step)
    radii = (radius, radius * 0.78, radius * 0.55)
    bones = [rod(points[i], points[i + 1], radii[i], radii[i + 1], sides=9) for i in (0, 1)]
    joints = [
        ellipsoid(2.1 * r, 2.1 * r, 2.1 * r, sides=9, rings=6).moved(*at) for at, r in zip(points, radii, strict=True)
    ]
    return [*bones, *joints], points[-1]
