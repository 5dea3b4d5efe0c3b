"""The color of triangles by the materials that trimesh has read, and their textures."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo.datasets.meshes.mesh import FloatArray, IntArray
from zoo.datasets.meshes.soup import GREY

CLEAR = 0.7
"""Below this opacity a triangle is drawn as one that lets one half of the light through."""

TEXTURE_SIZE = 64
"""Textures are averaged down to this many pixels a side before they are looked up."""

MOST_PIXELS = 1 << 26
"""Of a texture that is decoded, 8192 by 8192; larger ones are as good as damaged."""

FORMATS = ('PNG', 'JPEG', 'WEBP', 'GIF', 'BMP', 'TGA', 'DDS')
"""Pictures that are decoded: each takes the memory of its stated size, and starts no other program."""

DAMAGED = (OSError, ValueError, SyntaxError, AttributeError, TypeError, Image.DecompressionBombError)
"""What a picture may raise that cannot be read: the shape is there all the same."""

SPOTS = np.array([(4, 4, 4), (8, 2, 2), (2, 8, 2), (2, 2, 8), (5.5, 5.5, 1), (5.5, 1, 5.5), (1, 5.5, 5.5)]) / 12
"""Places on a triangle, as weights of its corners, where its texture is looked up."""

Paint = tuple[FloatArray, NDArray[np.bool_]]


def material_paint(material: Any, uv: FloatArray | None, faces: IntArray) -> Paint:
    """Return the colors and the clear triangles of a surface of one material of trimesh.

    A texture stands for the mean over some places of each triangle; that of a Wavefront material takes the place of the
    diffuse color, that of a glTF material is multiplied by the base color, which that format stores without gamma.

    Args:
        material: A material of Wavefront or of glTF.
        uv: Places on the texture, shape ``(V, 2)``, v up; None where the surface has none.
        faces: Triangles, as indices of ``uv``, shape ``(F, 3)``.

    Returns:
        RGB in [0, 1], ``(F, 3)``, and whether one half sees through, ``(F,)``.
    """
    physical = hasattr(material, 'baseColorFactor')
    flat = _base_color(material) if physical else _diffuse(material)
    texture = _pixels(material.baseColorTexture if physical else getattr(material, 'image', None))
    rgba = np.tile(flat, (len(faces), 1))
    if texture is not None and uv is not None:
        rgba = _looked_up(texture, uv, faces)
        if physical:
            rgba[:, :3] = _with_gamma(_without_gamma(rgba[:, :3]) * _without_gamma(flat[:3]))
        rgba[:, 3] *= flat[3]
        if physical and material.alphaMode not in ('MASK', 'BLEND'):
            rgba[:, 3] = 1
    if not np.isfinite(rgba).all():
        return np.full((len(faces), 3), GREY), np.zeros(len(faces), dtype=bool)
    return np.clip(rgba[:, :3], 0, 1), rgba[:, 3] < CLEAR


def open_picture(content: bytes) -> Image.Image | None:
    """Return a texture, averaged down; None where it cannot be read."""
    try:
        return shrunk(Image.open(io.BytesIO(content), formats=FORMATS))
    except DAMAGED:
        return None


def shrunk(image: Image.Image) -> Image.Image | None:
    """Return a picture as RGBA, averaged down; None where it is damaged or too large.

    The size is that of the header, so that nothing is decoded that does not fit. A picture that was opened and not
    decoded stays so: all those of a scene together would fill the memory.
    """
    try:
        if image.width * image.height > MOST_PIXELS:
            return None
        if image.format is not None:  # None is one that never was a file
            image.fp.seek(0)  # type: ignore[attr-defined]
            image = Image.open(image.fp, formats=FORMATS)  # type: ignore[attr-defined]
        shrink = max(1, max(image.size) // TEXTURE_SIZE)
        if image.mode not in ('L', 'RGB', 'RGBA') or 'transparency' in image.info:
            image = image.convert('RGBA')
        return image.reduce(shrink).convert('RGBA')
    except DAMAGED:
        return None


def _diffuse(material: Any) -> FloatArray:
    """Return the RGBA of a Wavefront material.

    The opacity is ``d``, else 1 - ``Tr``. Programs do not agree on which end of either is clear; nobody exports what
    cannot be seen at all, so that 0 counts as opaque.
    """
    options = getattr(material, 'kwargs', {})
    stated = np.asarray(material.diffuse, dtype=np.float64).ravel() if 'kd' in options else np.empty(0)
    color = stated[:3] / 255 if len(stated) >= 3 else np.full(3, GREY)  # trimesh has a grey of its own
    alpha = 1.0
    try:
        if 'd' in options:
            alpha = float(options['d'][-1])
        elif 'tr' in options:
            alpha = 1 - float(options['tr'][-1])
    except (ValueError, IndexError):
        pass
    return np.array([*color, alpha if 0 < alpha <= 1 else 1.0])


def _base_color(material: Any) -> FloatArray:
    """Return the RGBA of a glTF material, with gamma."""
    factor = material.baseColorFactor
    if factor is None:
        return np.array([GREY, GREY, GREY, 1.0]) if material.baseColorTexture is None else np.ones(4)
    rgba = np.asarray(factor, dtype=np.float64) / 255
    alpha = rgba[3] if material.alphaMode in ('MASK', 'BLEND') else 1.0
    return np.array([*_with_gamma(rgba[:3]), alpha])


def _pixels(image: Image.Image | None) -> FloatArray | None:
    """Return a texture as RGBA in [0, 1], averaged down; None when there is none that can be read.

    Two by two equal pixels are what trimesh puts in the place of a material that is not there.
    """
    small = None if image is None else shrunk(image)
    if small is None:
        return None
    pixels = np.asarray(small, dtype=np.float64) / 255
    stand_in = pixels.shape[:2] == (2, 2) and (pixels == pixels[0, 0]).all()
    return None if stand_in else pixels


def _looked_up(texture: FloatArray, uv: FloatArray, faces: IntArray) -> FloatArray:
    """Return the mean RGBA of every triangle ``(F, 4)``; clear pixels have no say in the color."""
    places = np.einsum('sk,fkc->fsc', SPOTS, np.nan_to_num(uv)[faces])
    places -= np.floor(places)
    height, width = texture.shape[:2]
    row = np.clip(((1 - places[..., 1]) * height).astype(np.int64), 0, height - 1)
    column = np.clip((places[..., 0] * width).astype(np.int64), 0, width - 1)
    samples = texture[row, column]
    weight = samples[..., 3:] + 1e-6
    color = (samples[..., :3] * weight).sum(axis=1) / weight.sum(axis=1)
    return np.column_stack([color, samples[..., 3].mean(axis=1)])


def _with_gamma(linear: FloatArray) -> FloatArray:
    """Return colors as pictures store them; the transfer function of sRGB."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)


def _without_gamma(stored: FloatArray) -> FloatArray:
    """Undo ``_with_gamma``."""
    return np.where(stored <= 0.04045, stored / 12.92, ((np.maximum(stored, 0.04045) + 0.055) / 1.055) ** 2.4)
