"""Clouds as pictures, without a plotting library."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from zoo.compat import expand
from zoo.datasets.meshes.camera import Camera
from zoo.io import write_whole

Picture = NDArray[np.uint8]
Floats = NDArray[np.floating]

VIEWPOINT = Camera(azimuth=0.6, elevation=0.35)

GREY, RED = (170, 170, 170), (214, 39, 40)

SCALE = np.array([(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)], dtype=np.float64)
"""Colors from low to high, of even lightness steps (viridis)."""

TITLE = 14
"""Pixels above a tile for its title."""


def heat(values: Floats) -> Picture:
    """Colors (N, 3) of values (N,): the smallest is dark, the largest bright; equal ones are all dark."""
    span = float(values.max() - values.min())
    place = (np.asarray(values, dtype=np.float64) - values.min()) / (span or 1.0) * (len(SCALE) - 1)
    steps = np.arange(len(SCALE))
    channels = [np.interp(place, steps, SCALE[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def cloud_picture(
    points: Floats,
    colours: Picture,
    size: int,
    radius: int = 2,
    camera: Camera = VIEWPOINT,
    frame: Floats | None = None,
) -> Picture:
    """Draw a cloud as discs; near ones cover far ones.

    Args:
        points: (N, 3), y up, in the unit sphere.
        colours: RGB of every point (N, 3).
        size: side of the picture in pixels.
        radius: radius of a disc in pixels; 0 is one pixel.
        camera: viewpoint.
        frame: (M, 3), further points that the picture has room for, so that several clouds are drawn to one scale.

    Returns:
        RGB, shape (size, size, 3), on white.
    """
    every = points if frame is None else np.concatenate([points, frame])
    screen, closeness = (part[: len(points)] for part in camera.project(np.asarray(every, dtype=np.float64), size))
    reach = np.arange(-radius, radius + 1)
    disc = np.array([(x, y) for x in reach for y in reach if x * x + y * y <= radius * radius])
    pixels = (np.floor(screen).astype(int)[:, None] + disc).reshape(-1, 2)
    # Of several discs on one pixel, the nearest is written last.
    order = np.argsort(np.repeat(closeness, len(disc)), kind='stable')
    inside = order[((pixels >= 0) & (pixels < size)).all(axis=1)[order]]
    canvas: Picture = np.full((size, size, 3), 255, dtype=np.uint8)
    canvas[pixels[inside, 1], pixels[inside, 0]] = np.repeat(colours, len(disc), axis=0)[inside]
    return canvas


def save_tiles(rows: Sequence[Sequence[Picture]], titles: Sequence[str], path: str | Path) -> Path:
    """Write pictures side by side as a PNG.

    Args:
        rows: pictures of one size, as many in every row.
        titles: titles of the columns.
        path: the file; its folder is made where it is missing.

    Raises:
        ValueError: a row has not as many pictures as there are titles.
    """
    if any(len(row) != len(titles) for row in rows):
        raise ValueError(f'{len(titles)} titles do not fit rows of {[len(row) for row in rows]} pictures')
    body = np.concatenate([np.concatenate(list(row), axis=1) for row in rows])
    sheet = Image.new('RGB', (body.shape[1], body.shape[0] + TITLE), 'white')
    sheet.paste(Image.fromarray(body), (0, TITLE))
    pen = ImageDraw.Draw(sheet)
    for place, title in enumerate(titles):
        pen.text((place * rows[0][0].shape[1] + 3, 1), title, fill='black')
    target = expand(path)
    write_whole(target, partial(sheet.save, format='PNG', optimize=True))
    return target
