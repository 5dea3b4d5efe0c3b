"""Seats for several: bench and sofa."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import Mesh, mirrored
from zoo.datasets.procedural.captions import NUMBERS, counted, graded, sentence
from zoo.datasets.procedural.colors import Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.families.seating import arms
from zoo.datasets.procedural.families.supports import WORDS, supports
from zoo.datasets.procedural.primitives import box, pebble, sweep
from zoo.datasets.procedural.shapes import Parts, shape

BENCH_BASES = ('straight', 'tapered', 'sled', 'panel', 'panel', 'trestle', 'turned')
BENCH_BACKS = {'none': '', 'planks': 'a back of planks', 'slats': 'a slatted back', 'solid': 'a solid back'}
SOFA_ARMS = {
    'block': 'square arms',
    'rolled': 'rolled arms',
    'rounded': 'rounded arms',
    'low': 'low arms',
    'none': 'no arms',
}


@shape(
    'bench',
    ('seat', 'leg', 'back', 'arm'),
    width=(0.75, 1.9),
    depth=(0.3, 0.55),
    height=(0.3, 0.55),
    thickness=(0.03, 0.1),
    leg=(0.04, 0.12),
    back=(0.2, 0.5),
    tilt=(0.0, 0.3),
    arm=(0.15, 0.25),
)
def bench(p: Draw, s: Any, parts: Parts) -> str:
    """A long seat for several."""
    planks, base = p.count('planks', 1, 5), p.style('base', *BENCH_BASES)
    back = p.style('back_style', 'none', 'none', 'none', 'planks', 'slats', 'solid')
    armed, shelf, padded = p.flag('arms', 0.25), p.flag('shelf', 0.15), p.flag('padded', 0.2)
    wood, frame = p.paint('color', 'wood', 'wood', 'color', 'plain'), p.paint('frame_color', 'metal', 'wood', 'dark')
    gap, top = s.depth / planks, s.height + s.thickness
    if padded:
        soft = pebble(s.width, s.thickness * 1.4, s.depth, s.thickness * 0.5)
        parts.add('seat', wood, soft, at=(0, s.height + s.thickness * 0.6, 0))
    else:
        board = box(s.width, s.thickness, gap * (0.85 if planks > 1 else 1.0), 0, s.height + s.thickness / 2)
        parts.add('seat', wood, [board.moved(z=(i + 0.5) * gap - s.depth / 2) for i in range(planks)])
    parts.add('leg', frame, supports(base, s.width * 0.92, s.depth * 0.95, s.height, s.leg))
    if shelf:
        parts.add('leg', frame, box(s.width * 0.85, s.thickness * 0.6, s.depth * 0.7, 0, s.height * 0.35))
    if back != 'none':
        rest = _bench_back(back, s.width, s.back)
        parts.add('back', wood, rest, turn=('x', -s.tilt), at=(0, top, 0.02 - s.depth / 2))
    if armed:
        parts.add('arm', frame, arms(s.width, s.depth * 0.95, s.arm, s.leg * 0.8, padded=False), at=(0, top, 0))
    kind = 'a padded seat' if padded else f'a seat of {counted(planks, "plank")}' if planks > 1 else 'a plain seat'
    features = [kind, WORDS[base], BENCH_BACKS[back], 'armrests' if armed else '']
    return sentence('bench', [graded(s.width, 1.0, 'short', 1.5, 'long'), wood.word], features)


def _bench_back(style: str, width: float, height: float) -> list[Mesh]:
    """Return a back in the plane z = 0 that stands on y = 0."""
    posts = mirrored(box(0.05, height, 0.03, width * 0.42, height / 2))
    if style == 'solid':
        return [box(width, height * 0.8, 0.035, 0, height * 0.55)]
    if style == 'planks':
        return [*posts, *(box(width, height * 0.2, 0.025, 0, y * height, 0.02) for y in (0.35, 0.62, 0.9))]
    slats = np.linspace(-width * 0.4, width * 0.4, 11)
    return [*posts, box(width, 0.06, 0.04, 0, height), *(box(0.03, height, 0.02, x, height / 2) for x in slats)]


@shape(
    'sofa',
    ('seat', 'back', 'arm', 'base', 'leg'),
    seat_width=(0.5, 0.72),
    depth=(0.7, 1.05),
    height=(0.26, 0.42),
    cushion=(0.1, 0.22),
    back=(0.28, 0.65),
    back_depth=(0.14, 0.3),
    arm_width=(0.08, 0.28),
    arm_height=(0.1, 0.34),
    tilt=(0.0, 0.25),
    legs=(0.04, 0.16),
    softness=(0.02, 0.08),
)
def sofa(p: Draw, s: Any, parts: Parts) -> str:
    """A padded seat between arms."""
    seats, arm = p.count('seats', 1, 4), p.style('arm', *SOFA_ARMS)
    single, chaise = p.flag('one_back', 0.35), p.flag('chaise', 0.18) and seats > 1
    cover, wood = p.paint('color', 'color', 'plain', 'plain'), p.paint('leg_color', 'wood', 'metal')
    width = 0.25 + seats * s.seat_width
    inner = width - (2 * s.arm_width if arm != 'none' else 0)
    tall = s.height - s.legs
    parts.add('base', cover, box(inner, tall, s.depth - s.back_depth * 0.5, 0, s.legs + tall / 2))
    _cushions(parts, cover, s, inner, seats, single=single, chaise=chaise)
    if arm != 'none':
        height = s.height + s.cushion + s.arm_height * (0.35 if arm == 'low' else 1.0)
        piece = _sofa_arm(arm, s.arm_width, height - s.legs, s.depth)
        x = (width - s.arm_width) / 2
        parts.add('arm', cover, mirrored(*(mesh.moved(x) for mesh in piece)), at=(0, s.legs, 0))
    parts.add('leg', wood, supports('tapered', width * 0.94, s.depth * 0.9, s.legs, 0.06))
    kind = 'single-seat' if seats == 1 else f'{NUMBERS[seats]}-seater'
    back = 'one long back' if single and seats > 1 else 'a cushioned back'
    return sentence('sofa', [cover.word, kind], [SOFA_ARMS[arm], back, 'a chaise' if chaise else ''])


def _cushions(parts: Parts, cover: Paint, s: Any, inner: float, seats: int, *, single: bool, chaise: bool) -> None:
    """Add what is soft: seats side by side, the backs behind them, a chaise before the last seat."""
    each, front = inner / seats, s.depth - s.back_depth
    places = [(i + 0.5) * each - inner / 2 for i in range(seats)]
    pad = pebble(each * 0.98, s.cushion, front, s.softness)
    parts.add('seat', cover, [pad.moved(x) for x in places], at=(0, s.height + s.cushion / 2, s.back_depth / 2))
    if chaise:
        tall = s.height + s.cushion - s.legs
        parts.add(
            'seat',
            cover,
            pebble(each, tall, s.depth * 0.7, s.softness),
            at=(places[-1], s.legs + tall / 2, s.depth * 0.8),
        )
    wide = inner if single else each * 0.98
    rest = pebble(wide, s.back + s.cushion, s.back_depth, s.softness * 1.3).turned('x', -s.tilt)
    spots = [0.0] if single else places
    parts.add(
        'back', cover, [rest.moved(x) for x in spots], at=(0, s.height + s.back / 2, (s.back_depth - s.depth) / 2)
    )


def _sofa_arm(style: str, width: float, height: float, depth: float) -> list[Mesh]:
    """Return one arm that stands on y = 0."""
    if style == 'rolled':
        y = height - width * 0.3
        roll = sweep([(0, y, -depth * 0.47), (0, y, depth * 0.47)], width * 0.6, sides=12)
        return [roll, box(width * 0.8, y, depth * 0.94, 0, y / 2)]
    soft = width * (0.45 if style == 'rounded' else 0.12)
    return [pebble(width, height, depth * 0.96, soft).moved(0, height / 2, 0)]
