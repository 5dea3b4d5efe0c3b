"""One picture of many objects: for a person to judge whether they are what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from zoo.compat import expand
from zoo.datasets.meshes.camera import Camera
from zoo.datasets.meshes.mesh import FloatArray
from zoo.io import write_whole

Picture = NDArray[np.uint8]

VIEWPOINT = Camera(azimuth=0.55, elevation=0.4)
GAP, TITLE = 8, 14
"""Pixels between two objects, and above every object for its title."""


class Shown(Protocol):
    """What a sheet needs to know of a dataset."""

    def points(self, index: int) -> NDArray[np.floating]:
        """Return the points of an object, ``(N, 3)``."""

    def colors(self, index: int) -> Picture:
        """Return RGB of the points, uint8 ``(N, 3)``."""

    def image(self, index: int, view: int) -> Picture:
        """Return a picture, uint8 RGB ``(H, W, 3)``."""


def colored_points(points: FloatArray, colors: Picture, size: int) -> Picture:
    """Draw a cloud as dots in their own colors before white.

    Args:
        points: ``(N, 3)``; near ones cover far ones.
        colors: RGB of the points, uint8 ``(N, 3)``.
        size: Side of the picture in pixels.

    Returns:
        RGB, shape ``(size, size, 3)``.
    """
    screen, closeness = VIEWPOINT.project(points, size)
    order = np.argsort(closeness)  # of several dots on one pixel, the nearest is written last
    column, row = np.clip(screen[order].astype(int), 0, size - 1).T
    canvas: Picture = np.full((size, size, 3), 255, dtype=np.uint8)
    canvas[row, column] = np.minimum(colors[order], 225)  # white dots are seen, too
    return canvas


def object_sheet(
    path: str | Path,
    dataset: Shown,
    indices: Sequence[int],
    titles: Sequence[str],
    *,
    views: Sequence[int] = (0, 1),
    size: int = 96,
    columns: int = 4,
) -> Path:
    """Write a PNG with views and points of some objects.

    Args:
        path: The file; its folder is made where it is missing.
        dataset: Dataset of the objects.
        indices: Positions of the objects.
        titles: A line about each.
        views: Numbers of the views of each.
        size: Side of one picture in pixels.
        columns: Number of objects side by side.

    Returns:
        The file.
    """
    rows, wide, tall = -(-len(indices) // columns), (len(views) + 1) * size + GAP, size + TITLE
    sheet = Image.new('RGB', (columns * wide - GAP, rows * tall), 'white')
    pen = ImageDraw.Draw(sheet)
    for place, (index, title) in enumerate(zip(indices, titles, strict=True)):
        x, y = place % columns * wide, place // columns * tall
        short = title
        while pen.textlength(short) > wide - GAP - 4:
            short = f'{short.removesuffix("…")[:-1]}…'
        pen.text((x + 2, y + 1), short, fill='black')
        for number, view in enumerate(views):
            picture = Image.fromarray(dataset.image(index, view)).resize((size, size), Image.Resampling.LANCZOS)
            sheet.paste(picture, (x + number * size, y + TITLE))
        dots = colored_points(dataset.points(index), dataset.colors(index), size)
        sheet.paste(Image.fromarray(dots), (x + len(views) * size, y + TITLE))
    target = expand(path)
    coarse = np.asarray(sheet) & 0xF8  # five bits a channel: half the file, hardly a difference
    write_whole(target, partial(Image.fromarray(coarse | coarse >> 5).save, format='PNG', optimize=True))
    return target
