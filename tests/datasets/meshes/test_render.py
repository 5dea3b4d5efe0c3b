from __future__ import annotations

import dataclasses

import numpy as np

from zoo.datasets.meshes.camera import Camera
from zoo.datasets.meshes.mesh import vertex_normals
from zoo.datasets.meshes.render import picture, render
from zoo.datasets.procedural import make_object
from zoo.datasets.procedural.primitives import box
from zoo.datasets.procedural.shapes import ProceduralObject

GREEN, WHITE = np.array([0.2, 0.6, 0.3]), np.ones(3)


def cube(*, clear: bool = False) -> ProceduralObject:
    mesh = box(0.8, 0.8, 0.8)
    count = len(mesh.faces)
    normals = vertex_normals(mesh.vertices, mesh.faces)
    part, color = np.zeros(count, dtype=np.int64), np.tile(GREEN, (count, 1))
    return ProceduralObject('cube', mesh, normals, part, ('all',), color, np.full(count, clear), 'a cube', {})


def test_pictures_are_uint8_and_depend_on_the_generator_alone():
    item = make_object('chair', seed=2)
    first, again = (render(item, 32, np.random.default_rng(4)) for _ in range(2))
    assert first.dtype == np.uint8
    assert first.shape == (32, 32, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, render(item, 32, np.random.default_rng(5)))


def test_the_background_is_plain_and_the_object_in_the_middle():
    shot = picture(cube(), 40, Camera(0.5, 0.3, margin=0.1), np.array([0.0, 0, 1]), np.array([1.0, 0.5, 0.25]))
    for corner in (shot[0, 0], shot[0, -1], shot[-1, 0], shot[-1, -1]):
        assert corner.tolist() == [255, 128, 64]
    assert (np.argmax(shot[20, 20]), np.argmin(shot[20, 20])) == (1, 0)  # the hue of the paint


def test_light_falls_on_the_side_that_looks_at_it():
    view = Camera(0.0, 0.0)
    facing = picture(cube(), 16, view, np.array([0.0, 0.0, 1.0]), WHITE)[8, 8]
    averted = picture(cube(), 16, view, np.array([0.0, 0.0, -1.0]), WHITE)[8, 8]
    assert facing.sum() > 1.5 * averted.sum()


def test_both_sides_of_a_surface_are_shaded_alike():
    item = cube()
    inside_out = dataclasses.replace(item, normals=-item.normals)
    scene = (24, Camera(0.4, 0.3), np.array([0.6, 0.0, 0.8]), WHITE)
    assert np.array_equal(picture(item, *scene), picture(inside_out, *scene))


def test_one_half_of_the_background_is_seen_through_glass():
    scene = (16, Camera(0.0, 0.0), np.array([0.0, 0.0, 1.0]))
    solid = picture(cube(), *scene, WHITE)[8, 8].astype(float)
    glass = picture(cube(clear=True), *scene, WHITE)[8, 8].astype(float)
    assert np.abs(glass - (solid + 255) / 2).max() <= 1.5


def test_edges_are_smoothed():
    shot = picture(cube(), 32, Camera(0.5, 0.4), np.array([0.0, 0.6, 0.8]), WHITE)
    assert len(np.unique(shot.reshape(-1, 3), axis=0)) > 6  # three sides, the background, and mixtures at the edges
