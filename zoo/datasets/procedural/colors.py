"""Colors by material, with the words that captions use for them."""

from __future__ import annotations

from typing import NamedTuple


class Paint(NamedTuple):
    """A color: the word for it, RGB in [0, 1], and whether one half sees through it."""

    word: str
    rgb: tuple[float, ...]
    clear: bool = False


Palette = tuple[tuple[str, tuple[float, float, float]], ...]

PALETTES: dict[str, Palette] = {
    'wood': (
        ('oak', (0.72, 0.53, 0.33)),
        ('walnut', (0.40, 0.26, 0.16)),
        ('pine', (0.85, 0.69, 0.46)),
        ('cherry wood', (0.55, 0.26, 0.15)),
        ('mahogany', (0.36, 0.13, 0.09)),
        ('beech', (0.80, 0.61, 0.44)),
        ('wooden-brown', (0.52, 0.36, 0.22)),
    ),
    'color': (
        ('red', (0.76, 0.15, 0.13)),
        ('orange', (0.89, 0.47, 0.12)),
        ('yellow', (0.91, 0.77, 0.19)),
        ('green', (0.22, 0.53, 0.25)),
        ('teal', (0.12, 0.50, 0.52)),
        ('blue', (0.17, 0.36, 0.71)),
        ('navy', (0.13, 0.17, 0.37)),
        ('purple', (0.42, 0.22, 0.55)),
        ('pink', (0.88, 0.52, 0.62)),
        ('turquoise', (0.30, 0.73, 0.71)),
    ),
    'plain': (
        ('white', (0.90, 0.90, 0.88)),
        ('cream', (0.90, 0.84, 0.69)),
        ('grey', (0.53, 0.54, 0.56)),
        ('black', (0.17, 0.17, 0.19)),
        ('beige', (0.78, 0.69, 0.54)),
    ),
    'pale': (
        ('white', (0.91, 0.91, 0.90)),
        ('cream', (0.91, 0.86, 0.73)),
        ('pale blue', (0.68, 0.79, 0.87)),
        ('pale green', (0.71, 0.83, 0.71)),
        ('pale pink', (0.90, 0.75, 0.75)),
    ),
    'dark': (
        ('black', (0.16, 0.16, 0.18)),
        ('dark grey', (0.29, 0.30, 0.33)),
        ('dark brown', (0.31, 0.21, 0.15)),
    ),
    'metal': (
        ('silver', (0.74, 0.75, 0.77)),
        ('steel-grey', (0.50, 0.53, 0.57)),
        ('brass', (0.74, 0.59, 0.27)),
        ('copper', (0.72, 0.42, 0.27)),
        ('gunmetal', (0.28, 0.30, 0.33)),
    ),
    'clay': (
        ('terracotta', (0.72, 0.38, 0.24)),
        ('sand-coloured', (0.78, 0.66, 0.48)),
        ('stone-grey', (0.58, 0.57, 0.54)),
        ('white', (0.90, 0.89, 0.86)),
        ('slate', (0.32, 0.36, 0.40)),
    ),
    'glass': (
        ('bottle-green', (0.15, 0.40, 0.25)),
        ('amber', (0.62, 0.35, 0.10)),
        ('clear', (0.76, 0.85, 0.87)),
        ('cobalt blue', (0.12, 0.26, 0.62)),
    ),
    'signal': (
        ('orange', (0.93, 0.42, 0.10)),
        ('orange', (0.95, 0.36, 0.08)),
        ('red', (0.82, 0.17, 0.12)),
        ('yellow', (0.93, 0.80, 0.16)),
        ('green', (0.30, 0.66, 0.25)),
    ),
    'leaf': (
        ('green', (0.23, 0.50, 0.19)),
        ('dark green', (0.12, 0.34, 0.17)),
        ('light green', (0.48, 0.67, 0.27)),
    ),
    'foliage': (
        ('green', (0.23, 0.50, 0.19)),
        ('dark green', (0.12, 0.34, 0.17)),
        ('light green', (0.48, 0.67, 0.27)),
        ('grey-green', (0.45, 0.58, 0.46)),
        ('reddish', (0.52, 0.24, 0.23)),
    ),
    'skin': (
        ('fair', (0.90, 0.74, 0.63)),
        ('tan', (0.76, 0.56, 0.42)),
        ('brown', (0.50, 0.33, 0.23)),
    ),
    'screen': (
        ('dark', (0.07, 0.08, 0.11)),
        ('blue', (0.20, 0.38, 0.62)),
        ('grey', (0.42, 0.47, 0.52)),
    ),
}

WHITE = Paint('white', (0.92, 0.92, 0.90))
BLACK = Paint('black', (0.09, 0.09, 0.10))
GLASS = Paint('glass', (0.66, 0.80, 0.86), clear=True)
MIRROR = Paint('mirror', (0.62, 0.76, 0.82))
RUBBER = Paint('rubber', (0.14, 0.14, 0.15))
SOIL = Paint('soil', (0.25, 0.18, 0.13))
"""Colors of things that hardly vary."""
