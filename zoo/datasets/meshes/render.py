"""Shaded pictures of an object."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.camera import Camera, random_camera
from zoo.datasets.meshes.mesh import FloatArray, Mesh
from zoo.datasets.meshes.rasterize import Fragments, rasterize

SUPERSAMPLING = 2
"""Samples of a pixel along each axis; their mean smooths the edges."""

AMBIENT, DIFFUSE, SPECULAR = 0.55, 0.6, 0.14


class Drawable(Protocol):
    """What a picture needs to know of an object."""

    @property
    def mesh(self) -> Mesh:
        """V vertices and F triangles, in the unit sphere."""

    @property
    def normals(self) -> FloatArray:
        """Unit vertex normals ``(V, 3)``."""

    @property
    def color(self) -> FloatArray:
        """RGB of every triangle in [0, 1], ``(F, 3)``."""

    @property
    def clear(self) -> NDArray[np.bool_]:
        """Whether one half sees through a triangle, ``(F,)``."""


def render(item: Drawable, size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
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


def picture(item: Drawable, size: int, camera: Camera, light: FloatArray, background: FloatArray) -> NDArray[np.uint8]:
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
    seen = rasterize(screen, inverse_depth, item.mesh.faces, fine, item.clear)
    canvas = np.empty((3, fine * fine), dtype=np.float32)
    canvas[:] = background[:, None]
    canvas[:, seen.pixel] = _shade(item, seen, camera, light)
    grid = canvas.reshape(3, fine, fine)
    blocks = [grid[:, i::SUPERSAMPLING, j::SUPERSAMPLING] for i in range(SUPERSAMPLING) for j in range(SUPERSAMPLING)]
    mean = sum(blocks[1:], start=blocks[0]) / len(blocks)
    return np.ascontiguousarray((mean * 255 + 0.5).astype(np.uint8).transpose(1, 2, 0))


def _shade(item: Drawable, seen: Fragments, camera: Camera, light: FloatArray) -> FloatArray:
    """Return the RGB of every fragment ``(3, P)``: Lambert and a highlight, on whichever side is seen."""
    corners, weights = item.mesh.faces[seen.face].T, seen.weights.astype(np.float32)
    normals, color = item.normals.astype(np.float32).T, item.color.astype(np.float32).T
    normal = np.stack([sum(weights[k] * axis[corners[k]] for k in range(3)) for axis in normals])
    towards = camera.axes()[2]
    length = np.sqrt(_dot(normal, normal))
    normal *= np.where(_dot(normal, towards) < 0, -1.0, 1.0) / np.maximum(length, 1e-9)
    halfway = (light + towards) / max(float(np.linalg.norm(light + towards)), 1e-9)
    diffuse = np.clip(_dot(normal, light), 0, 1)
    glint = np.clip(_dot(normal, halfway), 0, 1) ** 24
    brightness = AMBIENT * (0.8 + 0.2 * normal[1]) + DIFFUSE * diffuse
    return np.clip(color[:, seen.face] * brightness + SPECULAR * glint, 0, 1)


def _dot(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the scalar product over the first axis, of length 3.

    Written out, because a matrix product may round differently from one number of threads to the next.
    """
    return first[0] * second[0] + first[1] * second[1] + first[2] * second[2]
