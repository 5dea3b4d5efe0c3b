"""One picture of one object of every class in all variants: for a person to judge what a scan leaves of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from zoo.compat import expand
from zoo.datasets.meshes.mesh import FloatArray, IntArray
from zoo.datasets.procedural.contact_sheet import GAP, HUES, TITLE, VIEWPOINT, Picture
from zoo.datasets.procedural.dataset import VARIANTS
from zoo.datasets.procedural.generate import BACKGROUND, Order, make_one
from zoo.datasets.procedural.shapes import SHAPES
from zoo.datasets.scans import VARIANTS as SCANS
from zoo.io import write_whole

GREY = np.array([170, 170, 170])
"""Color of the background."""


def cloud_picture(points: FloatArray, part: IntArray, size: int) -> Picture:
    """Draw a cloud as dots, at the scale of the unit sphere.

    Args:
        points: ``(N, 3)``; near ones are darker and cover far ones.
        part: Part of every point ``(N,)`` as it is stored; the background is grey.
        size: Side of the picture in pixels.

    Returns:
        RGB, shape ``(size, size, 3)``.
    """
    seen = (points[:, None, :] * VIEWPOINT.axes()).sum(axis=-1)
    order = np.argsort(seen[:, 2])  # of several dots on one pixel, the nearest is written last
    screen = ((seen[order, :2] * (1, -1) + 1) / 2 * size).astype(int)
    column, row = np.clip(screen, 0, size - 1).T
    fade = np.interp(seen[order, 2], (-1, 1), (0.5, 0.0)).round(1)[:, None]
    color = np.where((part == BACKGROUND)[:, None], GREY, HUES[part % len(HUES)])[order]
    canvas: Picture = np.full((size, size, 3), 255, dtype=np.uint8)
    canvas[row, column] = color * (1 - fade) + 255 * fade
    return canvas


def variant_row(name: str, size: int, *, index: int = 0, seed: int = 0) -> Picture:
    """Draw an object as rendering and as cloud of every variant, side by side.

    Args:
        name: The class.
        size: Side of one picture in pixels.
        index: Number of the object in its class, in the training split.
        seed: Seed of the dataset.

    Returns:
        RGB, shape ``(size, (1 + variants) * size, 3)``.
    """
    tiles: list[Picture] = []
    for variant in VARIANTS:
        order = Order('train', index + 1, 2048 if variant in SCANS else 1024, size, 1, seed, (name,), variant)
        row, _ = make_one(order, index)
        tiles += [] if tiles else [row['images'][0]]
        tiles.append(cloud_picture(row['points'], row['parts'], size))
    return np.concatenate(tiles, axis=1)


def variant_sheet(
    path: str | Path,
    *,
    classes: Sequence[str] = tuple(sorted(SHAPES)),
    size: int = 80,
    columns: int = 3,
    index: int = 0,
    seed: int = 0,
) -> Path:
    """Write a PNG with one object of every class, as rendering and in all variants.

    Args:
        path: The file; its folder is made where it is missing.
        classes: Names of the classes.
        size: Side of one picture in pixels.
        columns: Number of classes side by side.
        index: Number of the object in every class.
        seed: Seed of the dataset.

    Returns:
        The file.
    """
    rows, wide, tall = -(-len(classes) // columns), (1 + len(VARIANTS)) * size + GAP, size + TITLE
    sheet = Image.new('RGB', (columns * wide - GAP, rows * tall), 'white')
    pen = ImageDraw.Draw(sheet)
    for place, name in enumerate(classes):
        x, y = place // rows * wide, place % rows * tall
        for tile, text in enumerate((name, *VARIANTS)):
            pen.text((x + tile * size + 2, y + 1), text, fill='black')
        sheet.paste(Image.fromarray(variant_row(name, size, index=index, seed=seed)), (x, y + TITLE))
    target = expand(path)
    coarse = np.asarray(sheet) & 0xF8  # five bits a channel: half the file, hardly a difference
    write_whole(target, partial(Image.fromarray(coarse | coarse >> 5).save, format='PNG', optimize=True))
    return target
