"""What one drinks and pours from: bottle, bowl, cup."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, Mesh
from zoo.datasets.procedural.captions import graded, sentence
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.families.turning import ear, hollow, turned
from zoo.datasets.procedural.outlines import spline
from zoo.datasets.procedural.primitives import box, ellipsoid, revolve, rod, sweep
from zoo.datasets.procedural.shapes import Parts, shape

EARS = {'mug': [1], 'tea': [1], 'two-handled': [1, -1], 'beaker': [], 'goblet': []}
"""The kinds of cups, with the sides of their handles."""


@shape(
    'bottle',
    ('body', 'cap', 'label', 'handle'),
    radius=(0.09, 0.24),
    height=(0.25, 0.65),
    neck=(0.18, 0.65),
    neck_height=(0.03, 0.3),
    shoulder=(0.03, 0.26),
    waist=(0.7, 1.05),
    foot=(0.75, 1.0),
    flatness=(0.4, 1.0),
)
def bottle(p: Draw, s: Any, parts: Parts) -> str:
    """A closed body that narrows to a neck."""
    square, stopper = p.flag('square', 0.25), p.style('stopper', 'cap', 'cap', 'cork', 'pump', 'none')
    label, handle = p.flag('label', 0.5), p.flag('handle', 0.15)
    color, cap = p.paint('color', 'glass', 'color', 'plain'), p.paint('cap_color', 'color', 'plain', 'metal')
    r, h, neck, round_off = s.radius, s.height, s.neck * s.radius, s.height + s.shoulder
    top = round_off + s.neck_height
    body = spline([(r * s.foot, 0), (r, h * 0.12), (r * s.waist, h * 0.55), (r, h)], 9)
    curve = spline([(r, h), (r * 0.85, h + s.shoulder * 0.45), (neck, round_off), (neck, round_off + 0.02)], 8)
    outside = np.concatenate([body, curve[1:], [(neck, top), (neck * 1.12, top), (neck * 1.12, top + 0.02)]])
    form: dict[str, Any] = {'depth': s.flatness, 'exponent': 7.0} if square else {'sides': 18}
    parts.add('body', color, turned(hollow(outside, 0.012, 0.012), **form))
    if label:
        parts.add('label', cap, turned([(r * 1.012, h * 0.3), (r * 1.012, h * 0.75)], **form))
    parts.add('cap', cap, _stopper(stopper, neck), at=(0, top + 0.02, 0))
    if handle:
        parts.add('handle', color, ear((r * 0.9, h * 0.55), (neck, top), r * 0.9, 0.016))
    kind = 'slim' if r < 0.13 else 'stout' if h < 1.9 * r else ''
    stops = {'cap': f'a {cap.word} cap', 'cork': 'a cork', 'pump': 'a pump', 'none': 'an open mouth'}
    neck_word = graded(s.neck_height, 0.09, 'a short neck', 0.18, 'a long neck')
    features = [stops[stopper], neck_word, 'a label' if label else '', 'a handle' if handle else '']
    return sentence('bottle', [kind, color.word, 'square' if square else ''], features)


def _stopper(style: str, radius: float) -> list[Mesh]:
    """Return what closes a mouth of this radius at y = 0."""
    if style == 'none':
        return []
    if style == 'cork':
        return [rod((0, -0.02, 0), (0, 0.035, 0), radius * 0.85, radius * 0.95)]
    lid = rod((0, -0.025, 0), (0, 0.025, 0), radius * 1.2, sides=14)
    if style == 'cap':
        return [lid]
    spout = sweep([(0, 0, 0), (0, 0.09, 0), (0.02, 0.1, 0), (0.11, 0.09, 0)], 0.012, sides=6, up=(0, 0, 1))
    return [lid, spout, box(0.06, 0.02, 0.05, 0.01, 0.115)]


@shape(
    'bowl',
    ('body', 'foot', 'rim', 'content'),
    radius=(0.16, 0.34),
    height=(0.07, 0.3),
    base=(0.2, 0.65),
    curve=(0.35, 1.1),
    wall=(0.006, 0.03),
    flare=(-0.1, 0.14),
    foot=(0.0, 0.08),
    level=(0.45, 0.8),
    wave=(0.02, 0.06),
)
def bowl(p: Draw, s: Any, parts: Parts) -> str:
    """A wide open vessel."""
    full, band, lobes, waved = (
        p.flag('content', 0.25),
        p.flag('band', 0.35),
        p.count('lobes', 4, 8),
        p.flag('waved', 0.2),
    )
    color = p.paint('color', 'clay', 'color', 'pale', 'wood', 'metal')
    second = p.paint('band_color', 'color', 'plain')
    rise = np.linspace(0, 1, 9)
    widths = s.base + (1 - s.base) * np.sin(rise * np.pi / 2) ** s.curve + s.flare * rise**4
    outside = np.stack([s.radius * widths, s.foot + s.height * rise], axis=1)

    def ripple(v: FloatArray) -> FloatArray:
        if waved:
            share = np.clip(v[:, 1] - s.foot, 0, None) / s.height
            v[:, [0, 2]] *= (1 + 2 * s.wave * share * np.sin(lobes * np.arctan2(v[:, 0], v[:, 2])))[:, None]
        return v

    parts.add('body', color, revolve(hollow(outside, s.wall, s.foot + 0.02), 24).bent(ripple))
    footed = s.foot > 0.015
    if footed:
        ring = s.radius * s.base * np.array([0.85, 0.95, 0.9])
        parts.add('foot', color, revolve(list(zip(ring, (0, 0, s.foot), strict=True)), 20))
    if band:
        parts.add('rim', second, revolve(outside[-3:] + (0.004, 0.0), 24).bent(ripple))
    if full:
        across = 2 * (float(np.interp(s.level, rise, widths)) * s.radius - s.wall)
        heap = ellipsoid(across, 0.5 * s.height, across, rings=6)
        parts.add('content', second, heap, at=(0, s.foot + s.level * s.height, 0))
    kind = graded(s.height / s.radius, 0.45, 'shallow', 0.85, 'deep')
    rim = f'a {second.word} band' if band else ''
    features = ['a foot' if footed else '', rim, 'a wavy rim' if waved else '', 'food in it' if full else '']
    return sentence('bowl', [kind, color.word], features)


@shape(
    'cup',
    ('body', 'handle', 'saucer', 'stem'),
    radius=(0.1, 0.2),
    height=(0.13, 0.38),
    base=(0.5, 1.0),
    belly=(-0.06, 0.18),
    wall=(0.006, 0.02),
    reach=(0.05, 0.14),
    low=(0.1, 0.35),
    high=(0.65, 0.92),
    stem=(0.08, 0.28),
)
def cup(p: Draw, s: Any, parts: Parts) -> str:
    """A small vessel to drink from: mug, tea cup, beaker or goblet."""
    kind = p.style('kind', *EARS)
    square, saucer = p.flag('square_handle', 0.3), p.flag('saucer', 0.65) and kind == 'tea'
    color, second = (
        p.paint('color', 'color', 'pale', 'clay', 'plain'),
        p.paint('second_color', 'pale', 'plain', 'metal'),
    )
    foot, rise = s.stem if kind == 'goblet' else 0.0, np.linspace(0, 1, 8)
    base, steep = (s.base * 0.7, np.sin(rise * np.pi / 2)) if kind in ('goblet', 'tea') else (s.base, rise)
    widths = s.radius * (base + (1 - base) * steep + s.belly * np.sin(rise * np.pi))
    outside = np.stack([widths, foot + s.height * rise], axis=1)
    parts.add('body', color, revolve(hollow(outside, s.wall, foot + 0.015), 22))
    near, far = ((float(np.interp(at, rise, widths)) - s.wall * 0.4, foot + at * s.height) for at in (s.low, s.high))
    handle = ear(near, far, s.reach, 0.014, square=square)
    parts.add('handle', color, [handle.scaled(x=side) for side in EARS[kind]])
    if foot:
        ring = s.radius * 0.75
        profile = [
            (0, 0),
            (ring, 0),
            (ring * 0.9, 0.015),
            (0.025, 0.04),
            (0.02, foot * 0.6),
            (widths[0] * 0.9, foot + 0.003),
        ]
        parts.add('stem', color, revolve(profile, 18))
    if saucer:
        flat, edge = s.radius * 0.7, s.radius * 1.5
        plate = [(0, -0.012), (flat, -0.012), (edge, 0.025), (edge, 0.033), (flat, 0), (0, 0)]
        parts.add('saucer', second, revolve(plate, 24))
    words = {
        'mug': 'a square handle' if square else 'a round handle',
        'tea': 'a small handle',
        'beaker': 'no handle',
        'goblet': 'a stem',
        'two-handled': 'two handles',
    }
    size = graded(s.height / s.radius, 1.3, 'wide', 2.2, 'tall')
    return sentence('cup', [size, color.word], [words[kind], 'a saucer' if saucer else ''])
