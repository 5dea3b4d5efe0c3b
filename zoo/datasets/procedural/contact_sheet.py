"""One picture of all classes: for a person to judge whether the shapes are what they are called."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from zoo.compat import expand
from zoo.datasets.meshes.camera import Camera
from zoo.datasets.meshes.mesh import FloatArray, IntArray
from zoo.datasets.meshes.render import render
from zoo.datasets.meshes.sampling import sample_surface
from zoo.datasets.procedural.shapes import SHAPES, assemble, random_streams
from zoo.io import write_whole

Picture = NDArray[np.uint8]

VIEWPOINT = Camera(azimuth=0.6, elevation=0.35)
GAP, TITLE = 8, 14
"""Pixels between two columns of classes, and above every class for its name."""

HUES = np.array(
    [(31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189), (140, 86, 75), (227, 119, 194)]
)
"""Colors of the parts."""


def point_picture(points: FloatArray, part: IntArray, size: int) -> Picture:
    """Draw a cloud as dots.

    Args:
        points: ``(N, 3)``; near ones are darker and cover far ones.
        part: Part of every point ``(N,)``; each has its own hue.
        size: Side of the picture in pixels.

    Returns:
        RGB, shape ``(size, size, 3)``.
    """
    screen, closeness = VIEWPOINT.project(points, size)
    order = np.argsort(closeness)  # of several dots on one pixel, the nearest is written last
    fade = np.interp(closeness[order], (closeness.min(), closeness.max()), (0.5, 0.0)).round(1)[:, None]
    column, row = np.clip(screen[order].astype(int), 0, size - 1).T
    canvas: Picture = np.full((size, size, 3), 255, dtype=np.uint8)
    canvas[row, column] = HUES[part[order] % len(HUES)] * (1 - fade) + 255 * fade
    return canvas


def class_row(name: str, objects: int, size: int, *, seed: int = 0) -> Picture:
    """Draw some objects of a class side by side, each as a rendering and as points.

    Args:
        name: The class.
        objects: Number of objects.
        size: Side of one picture in pixels.
        seed: Seed of the dataset; the objects are the first ones of its training split.

    Returns:
        RGB, shape ``(size, 2 * objects * size, 3)``.
    """
    tiles = []
    for index in range(objects):
        shape_stream, point_stream, view_stream = random_streams(name, seed, 'train', index)
        item = assemble(SHAPES[name], shape_stream)
        points, _, face = sample_surface(item.mesh, item.normals, 1024, point_stream)
        tiles += [render(item, size, view_stream), point_picture(points, item.part[face], size)]
    return np.concatenate(tiles, axis=1)


def contact_sheet(path: str | Path, *, objects: int = 4, size: int = 72, columns: int = 3, seed: int = 0) -> Path:
    """Write a PNG with some objects of every class.

    Args:
        path: The file; its folder is made where it is missing.
        objects: Number of objects of a class.
        size: Side of one picture in pixels.
        columns: Number of classes side by side.
        seed: Seed of the dataset.

    Returns:
        The file.
    """
    names = sorted(SHAPES)
    rows, wide, tall = -(-len(names) // columns), 2 * objects * size + GAP, size + TITLE
    sheet = Image.new('RGB', (columns * wide - GAP, rows * tall), 'white')
    pen = ImageDraw.Draw(sheet)
    for place, name in enumerate(names):
        x, y = place // rows * wide, place % rows * tall
        pen.text((x + 2, y + 1), name, fill='black')
        sheet.paste(Image.fromarray(class_row(name, objects, size, seed=seed)), (x, y + TITLE))
    target = expand(path)
    coarse = np.asarray(sheet) & 0xF8  # five bits a channel: half the file, hardly a difference
    write_whole(target, partial(Image.fromarray(coarse | coarse >> 5).save, format='PNG', optimize=True))
    return target
