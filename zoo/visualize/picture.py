"""Clouds as pictures, without a plotting library."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.camera import Camera

Picture = NDArray[np.uint8]
Floats = NDArray[np.floating]

VIEWPOINT = Camera(azimuth=0.6, elevation=0.35)

GREY, RED, BLUE = (170, 170, 170), (213, 60, 0), (0, 90, 181)
"""Red and blue that are told apart by those who see fewer colors."""

SCALE = np.array([(170, 208, 232), (186, 172, 200), (226, 128, 112), (203, 56, 48), (112, 0, 24)], dtype=np.float64)
"""Colors from low to high, cold to warm; each is darker than the one before, which those see who see fewer colors."""


def heat(values: Floats) -> Picture:
    """Colors (N, 3) of values (N,): the smallest is cold and light, the largest warm and dark."""
    span = float(values.max() - values.min())
    place = (np.asarray(values, dtype=np.float64) - values.min()) / (span or 1.0) * (len(SCALE) - 1)
    steps = np.arange(len(SCALE))
    channels = [np.interp(place, steps, SCALE[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def cloud_picture(
    points: Floats,
    colors: Picture,
    size: int,
    radius: int = 2,
    camera: Camera = VIEWPOINT,
    frame: Floats | None = None,
) -> Picture:
    """Draw a cloud as discs; near ones cover far ones.

    Args:
        points: (N, 3), y up, in the unit sphere.
        colors: RGB of every point (N, 3).
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
    canvas[pixels[inside, 1], pixels[inside, 0]] = np.repeat(colors, len(disc), axis=0)[inside]
    return canvas


def project(places: Floats, cloud: Floats, size: int, camera: Camera = VIEWPOINT) -> Floats:
    """Where places (R, 3) lie in the picture of a cloud (N, 3): pixels (R, 2), x to the right and y down."""
    both = np.concatenate([cloud, places]).astype(np.float64)
    screen, _ = camera.project(both, size)
    pixels: Floats = screen[len(cloud) :]
    return pixels
