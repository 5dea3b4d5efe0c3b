from __future__ import annotations

import numpy as np
import pytest
import trimesh
from PIL import Image

from zoo.datasets.meshes.materials import GREY, material_paint

FACES = np.array([(0, 1, 2), (1, 3, 2)])
CORNERS = np.array([(0.0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)])


def quad(material, uv=None):
    return material_paint(material, uv, FACES)


def physical(**options) -> trimesh.visual.material.PBRMaterial:
    return trimesh.visual.material.PBRMaterial(**options)


def test_nothing_said_is_grey():
    for material in (physical(), trimesh.visual.material.SimpleMaterial()):
        color, clear = quad(material)
        assert np.allclose(color, GREY)
        assert not clear.any()


@pytest.mark.parametrize(('mode', 'clear'), [('OPAQUE', False), ('BLEND', True), ('MASK', True), (None, False)])
def test_a_base_color_is_without_gamma(mode, clear):
    color, seen_through = quad(physical(baseColorFactor=[0.2140, 1.0, 0.0, 0.5], alphaMode=mode))
    assert np.allclose(color, (0.5, 1, 0), atol=0.01)  # the sRGB standard puts 0.2140 at half of the scale
    assert (seen_through == clear).all()


def test_a_texture_is_multiplied_by_the_base_color():
    picture = Image.fromarray(np.full((4, 4, 3), 188, dtype=np.uint8))  # half the light
    material = physical(baseColorFactor=[1.0, 0.5, 0.0, 1.0], baseColorTexture=picture)
    color, _ = quad(material, CORNERS[:, :2])
    assert np.allclose(color, (188 / 255, 0.537, 0), atol=0.01)


def test_a_fine_pattern_gives_its_mean():
    rng = np.random.default_rng(0)
    noise = rng.choice([0, 255], (512, 512, 1)).repeat(3, axis=2).astype(np.uint8)
    color, _ = quad(physical(baseColorTexture=Image.fromarray(noise)), CORNERS[:, :2])
    assert np.allclose(color, 0.5, atol=0.1)


def test_clear_pixels_have_no_say_in_the_color():
    leaf = np.zeros((64, 64, 4), dtype=np.uint8)
    leaf[:, ::2] = (0, 200, 0, 255)  # every other column; the rest is clear black
    material = physical(baseColorTexture=Image.fromarray(leaf), alphaMode='BLEND')
    grid = np.array([(0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)])
    color, _ = quad(material, grid)
    assert np.allclose(color, (0, 200 / 255, 0), atol=0.01)


def test_coordinates_that_are_missing_or_not_finite_do_no_harm():
    picture = Image.fromarray(np.full((4, 4, 3), 255, dtype=np.uint8))
    for uv in (None, np.full((4, 2), np.nan), np.full((4, 2), 1e9)):
        assert np.isfinite(quad(physical(baseColorTexture=picture), uv)[0]).all()
