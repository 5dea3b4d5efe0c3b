"""One picture of all classes: for a person to judge whether the shapes are what they are called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from zoo.datasets.procedural.camera import Camera
from zoo.datasets.procedural.mesh import FloatArray, IntArray
from zoo.datasets.procedural.render import render
from zoo.datasets.procedural.sampling import sample_surface, to_unit_sphere
from zoo.datasets.procedural.shapes import SHAPES, ProceduralObject, assemble, random_streams

Picture = NDArray[np.uint8]


def point_picture(item: ProceduralObject, points: FloatArray, part: IntArray, size: int) -> Picture:
    """Draw a cloud ``(N, 3)`` as dots, far ones first, a hue for every part ``(N,)``: RGB ``(size, size, 3)``."""
    camera = Camera(azimuth=0.6, elevation=0.35)
    screen, closeness = camera.project(points, size)
    hues = np.array(
        [(31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189), (140, 86, 75), (227, 119, 194)]
    )
    shade = np.interp(closeness, (closeness.min(), closeness.max()), (0.55, 1.0))
    colour = (hues[part % len(hues)] * shade[:, None]).astype(np.uint8)
    canvas = np.full((size, size, 3), 255, dtype=np.uint8)
    for i in np.argsort(closeness):
        x, y = np.clip(screen[i].astype(int), 0, size - 1)
        canvas[y, x] = colour[i]
    return canvas


def class_row(name: str, count: int, size: int, *, seed: int = 0, split: str = 'train', start: int = 0) -> Picture:
    """Draw some objects of a class side by side, each as a rendering and as points."""
    tiles = []
    for ordinal in range(start, start + count):
        shape_stream, point_stream, view_stream = random_streams(name, seed, split, ordinal)
        item = assemble(SHAPES[name], shape_stream)
        points, _, face = sample_surface(item.mesh, item.normals, 1024, point_stream)
        tiles += [render(item, size, view_stream), point_picture(item, to_unit_sphere(points), item.part[face], size)]
    return np.concatenate(tiles, axis=1)


def contact_sheet(
    path: str | Path,
    *,
    objects: int = 4,
    size: int = 72,
    columns: int = 3,
    classes: list[str] | None = None,
    start: int = 0,
    split: str = 'train',
) -> Path:
    """Write the picture of all classes."""
    names = classes or sorted(SHAPES)
    rows = -(-len(names) // columns)
    wide, tall = 2 * objects * size + 8, size + 14
    sheet = Image.new('RGB', (columns * wide, rows * tall), 'white')
    pen = ImageDraw.Draw(sheet)
    for place, name in enumerate(names):
        x, y = place // rows * wide, place % rows * tall
        pen.text((x + 2, y + 1), name, fill='black')
        sheet.paste(Image.fromarray(class_row(name, objects, size, start=start, split=split)), (x, y + 14))
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(target)
    return target
