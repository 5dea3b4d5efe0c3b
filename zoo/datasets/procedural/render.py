"""Shaded pictures of an object."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.procedural.camera import Camera, random_camera
from zoo.datasets.procedural.mesh import FloatArray
from zoo.datasets.procedural.rasterise import Fragments, rasterise
from zoo.datasets.procedural.shapes import ProceduralObject

SUPERSAMPLING = 2
"""Samples of a pixel along each axis; their mean smooths the edges."""

AMBIENT, DIFFUSE, SPECULAR = 0.55, 0.6, 0.14


def render(item: ProceduralObject, size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw an object from a random viewpoint, under a random light, before a plain background of random tint.

    Args:
        item: The object.
        size: Side of the picture in pixels.
        rng: Source of the viewpoint, the light and the tint.

    Returns:
        RGB, shape ``(size, size, 3)``.
    """
    camera = random_camera(rng)
    light = camera.axes().T @ np.array([rng.uniform(-0.8, 0.8), rng.uniform(0.2, 1.0), 0.9])
    background = rng.uniform(0.72, 1.0) + rng.uniform(-0.06, 0.06, size=3)
    return picture(item, size, camera, light / np.linalg.norm(light), np.clip(background, 0, 1))


def picture(
    item: ProceduralObject, size: int, camera: Camera, light: FloatArray, background: FloatArray
) -> NDArray[np.uint8]:
    """Draw an object; see ``render``.

    Args:
        item: The object.
        size: Side of the picture in pixels.
        camera: The viewpoint.
        light: Unit direction towards the light, shape ``(3,)``.
        background: RGB in [0, 1], shape ``(3,)``.
    """
    fine = size * SUPERSAMPLING
    screen, inverse_depth = camera.project(item.mesh.vertices, fine)
    seen = rasterise(screen, inverse_depth, item.mesh.faces, fine, item.clear)
    canvas = np.empty((fine * fine, 3))
    canvas[:] = background
    canvas[seen.pixel] = _shade(item, seen, camera, light)
    blocks = canvas.reshape(size, SUPERSAMPLING, size, SUPERSAMPLING, 3)
    return (blocks.mean(axis=(1, 3)) * 255 + 0.5).astype(np.uint8)


def _shade(item: ProceduralObject, seen: Fragments, camera: Camera, light: FloatArray) -> FloatArray:
    """Return the RGB of every fragment ``(P, 3)``: Lambert and a highlight, on whichever side is seen."""
    corners = item.mesh.faces[seen.face]
    normal = (seen.weights[..., None] * item.normals[corners]).sum(axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    towards = camera.axes()[2]
    normal *= np.where(normal @ towards < 0, -1.0, 1.0)[:, None]
    halfway = light + towards
    halfway /= np.linalg.norm(halfway)
    diffuse = np.clip(normal @ light, 0, 1)
    glint = np.clip(normal @ halfway, 0, 1) ** 24
    sky = AMBIENT * (0.8 + 0.2 * normal[:, 1])
    return np.clip(item.colour[seen.face] * (sky + DIFFUSE * diffuse)[:, None] + SPECULAR * glint[:, None], 0, 1)
