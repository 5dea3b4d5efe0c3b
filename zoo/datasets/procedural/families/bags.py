"""What things are carried in: bag."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, Mesh, four, mirrored
from zoo.datasets.procedural.captions import sentence
from zoo.datasets.procedural.colors import Paint
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.outlines import arc, rounded
from zoo.datasets.procedural.primitives import box, pebble, rod, sheet, stack, sweep
from zoo.datasets.procedural.shapes import Parts, shape

STYLES = {
    'shopping': ('shopping', 'two long handles'),
    'hand': ('hand', 'a flap and a handle'),
    'backpack': ('backpack-style', 'two shoulder straps'),
    'suitcase': ('travel', 'wheels and a pull-out handle'),
    'sports': ('sports', 'two carrying straps'),
}
"""Styles, with the word for them and what marks them."""


@shape(
    'bag',
    ('body', 'flap', 'handle', 'pocket', 'wheel'),
    width=(0.22, 0.48),
    height=(0.22, 0.54),
    depth=(0.08, 0.24),
    taper=(0.65, 1.15),
    belly=(0.0, 0.25),
    strap=(0.08, 0.34),
    tape=(0.014, 0.04),
    squareness=(2.4, 7.0),
    flap=(0.3, 0.8),
)
def bag(p: Draw, s: Any, parts: Parts) -> str:
    """A bag: shopper, handbag, backpack, suitcase or sports bag."""
    style, pocket = p.style('style', *STYLES), p.flag('pocket')
    cover, trim = (
        p.paint('color', 'color', 'plain', 'wood', 'dark'),
        p.paint('trim_color', 'dark', 'wood', 'plain', 'metal'),
    )
    if style == 'sports':
        pocket = False
        _sports(parts, cover, trim, s)
    elif style == 'suitcase':
        _suitcase(parts, cover, trim, s)
    else:
        _soft(parts, cover, trim, s, style)
    if pocket:
        thick = s.depth * (0.5 if style == 'backpack' else 0.12)
        front = s.depth / 2 * (1 + s.belly * 0.8) + thick * 0.25
        patch = pebble(s.width * min(0.65, s.taper * 0.65), s.height * 0.35, thick, thick * 0.4)
        parts.add('pocket', trim, patch, at=(0, s.height * 0.28, front))
    word, mark = STYLES[style]
    return sentence('bag', [cover.word, word], [mark, 'a pocket in front' if pocket else ''])


def _strap(width: float, low: float, high: float, z: float, tape: float) -> Mesh:
    """Return a flat strap in an arch over the x axis, from height ``low`` up to ``high``."""
    bow = arc(1.0, 0, np.pi, 11) * (width / 2, high - low) + (0, low)
    return sweep(np.column_stack([bow, np.full(11, z)]), rounded(tape * 0.25, tape, tape * 0.1, 2), up=(0, 0, 1))


def _sports(parts: Parts, cover: Paint, trim: Paint, s: Any) -> None:
    """Add a roll with two straps that meet above it."""
    width, height, depth = s.width * 1.7, s.depth * 1.5, s.depth * 1.5

    def meet(v: FloatArray) -> FloatArray:
        v[:, 2] *= 1 - 0.6 * np.clip((v[:, 1] - height) / height, 0, 1)
        return v

    parts.add('body', cover, pebble(width, height, depth, height * 0.42), at=(0, height / 2, 0))
    straps = [
        _strap(width * 0.4, height * 0.5, height + s.strap * 0.7, side * s.depth * 0.6, s.tape) for side in (-1, 1)
    ]
    parts.add('handle', trim, [strap.bent(meet) for strap in straps])
    end = rod((width * 0.49, height / 2, 0), (width * 0.51, height / 2, 0), height * 0.3, sides=14)
    parts.add('pocket', trim, mirrored(end))


def _suitcase(parts: Parts, cover: Paint, trim: Paint, s: Any) -> None:
    """Add a hard case on wheels with a handle to pull."""
    w, h, d = s.width, s.height * 1.3, s.depth
    parts.add('body', cover, pebble(w, h, d, 0.03), at=(0, h / 2 + 0.03, 0))
    bar = rod((w * 0.2, h, -d * 0.35), (w * 0.2, h + s.strap, -d * 0.35), 0.008, sides=6)
    grip = rod((-w * 0.24, h + s.strap, -d * 0.35), (w * 0.24, h + s.strap, -d * 0.35), 0.014, sides=8)
    parts.add('handle', trim, mirrored(bar), grip)
    parts.add('wheel', trim, four(rod((w * 0.36, 0.025, d * 0.3), (w * 0.42, 0.025, d * 0.3), 0.028, sides=10)))
    parts.add('flap', trim, [box(w * 0.9, 0.012, 0.01, 0, h * y, d / 2 + 0.004) for y in (0.25, 0.45, 0.65, 0.85)])


def _soft(parts: Parts, cover: Paint, trim: Paint, s: Any, style: str) -> None:
    """Add the body and the straps of a bag of cloth or leather."""
    rise, h = np.linspace(0, 1, 7), s.height
    deep = s.depth * (1 + s.belly * np.sin(rise * np.pi))
    deep = deep * {'shopping': np.ones(7), 'hand': 1.0 - 0.55 * rise, 'backpack': 1.2 - 0.5 * rise**3}[style]
    wide = s.width * (1 + (s.taper - 1) * rise)
    if style == 'backpack':
        wide = s.width * np.minimum(1.0, 0.45 + 1.9 * np.sqrt(1 - rise))
    levels = np.stack([h * rise, wide, deep], axis=1)
    if style == 'shopping':  # open, so that its inside shows
        levels = np.concatenate([levels, levels[::-1] * (1, 0.97, 0.95)])
    parts.add('body', cover, stack(levels, 24, s.squareness))
    top = float(wide[-1])
    if style == 'shopping':
        straps = [_strap(top * 0.45, h * 0.85, h + s.strap, side * s.depth / 2, s.tape) for side in (-1, 1)]
        parts.add('handle', trim, straps)
    elif style == 'hand':
        parts.add('handle', trim, _strap(top * 0.75, h * 0.95, h + s.strap * 0.8, 0, s.tape * 1.2))
        _flap(parts, trim, s, top, np.interp(1 - s.flap * np.linspace(0, 1, 5), rise, deep) / 2 + 0.008)
    else:
        t = np.linspace(0, 1, 8)
        bow = -s.depth * (0.55 + 0.7 * np.sin(t * np.pi))
        path = np.stack([0 * t + s.width * 0.25, h * (0.08 + 0.8 * t), bow], axis=1)
        strap = sweep(path, rounded(s.tape * 1.6, s.tape * 0.4, s.tape * 0.15, 2), up=(1, 0, 0.01))
        parts.add('handle', trim, mirrored(strap), _strap(top * 0.6 + 0.05, h * 0.98, h + 0.05, -s.depth * 0.3, s.tape))


def _flap(parts: Parts, trim: Paint, s: Any, width: float, front: FloatArray) -> None:
    """Add what covers a handbag from the top; ``front`` are the places of its face along z, top to bottom."""
    levels = s.height * (1 - s.flap * np.linspace(0, 1, 5))
    across = np.linspace(-0.45, 0.45, 5) * width
    grid = np.stack(
        [np.stack([across, np.full(5, y), np.full(5, z)], axis=1) for y, z in zip(levels, front, strict=True)]
    )
    y, z = float(levels[-1]) + 0.01, float(front[-1])
    parts.add('flap', trim, sheet(grid[::-1], 0.008), rod((0, y, z), (0, y, z + 0.015), 0.015, sides=10))
