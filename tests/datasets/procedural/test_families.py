"""What holds for every class."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from tests.datasets.meshes.solids import open_edges, volume
from zoo.datasets.layouts.modelnet_names import MODELNET40
from zoo.datasets.meshes.mesh import face_areas
from zoo.datasets.procedural import CLASSES, make_object
from zoo.datasets.procedural.draw import Draw
from zoo.datasets.procedural.families.vehicles import _glass_house
from zoo.datasets.procedural.shapes import SHAPES, Parts, random_streams

COUNT = 12
SCANOBJECTNN = ('bag', 'bin', 'pillow')

each_class = pytest.mark.parametrize('name', CLASSES)


@functools.cache
def objects(name: str):
    return [make_object(name, 7, index=index) for index in range(COUNT)]


def test_the_classes_are_those_of_modelnet40_and_some_of_scanobjectnn():
    assert sorted(CLASSES) == sorted([*(name.replace('_', ' ') for name in MODELNET40), *SCANOBJECTNN])
    assert list(CLASSES) == sorted(CLASSES)


@each_class
def test_at_least_six_continuous_parameters_and_two_styles_vary(name):
    draws = [item.params for item in objects(name)]
    for key, (low, high) in SHAPES[name].ranges.items():
        assert all(low <= params[key] < high for params in draws)
    shared = set.intersection(*(set(params) for params in draws))
    continuous = {key for key in shared if isinstance(draws[0][key], float)}
    varying = {key for key in continuous if len({params[key] for params in draws}) == COUNT}
    assert len(varying - {'stretch_x', 'stretch_y', 'stretch_z'}) >= 6
    discrete = {key for key in shared if isinstance(draws[0][key], str | int) and 'color' not in key}
    assert sum(len({params[key] for params in draws}) > 1 for key in discrete) >= 2


@each_class
def test_captions_are_sentences_that_name_the_class(name):
    captions = [item.caption for item in objects(name)]
    assert len(set(captions)) > COUNT // 2
    for caption in captions:
        assert name in caption
        assert '  ' not in caption
        assert caption == caption.strip()
        assert not caption.startswith(('a a', 'a o', 'a i', 'an b', 'an c', 'an g'))
        assert ' a oak' not in caption
        assert len(caption.split()) <= 40


@each_class
def test_meshes_are_sound(name):
    for item in objects(name):
        vertices, faces = item.mesh.vertices, item.mesh.faces
        assert np.isfinite(vertices).all()
        assert 20 <= len(faces) <= 3000
        assert (face_areas(vertices, faces) > 0).all()
        assert np.isfinite(item.normals).all()
        assert np.allclose(np.linalg.norm(item.normals, axis=1), 1)
        assert np.linalg.norm(vertices[np.unique(faces)], axis=1).max() == pytest.approx(1)
        assert len(item.part) == len(item.color) == len(item.clear) == len(faces)
        assert item.color.min() >= 0
        assert item.color.max() <= 1


@each_class
def test_parts_have_names_and_every_name_occurs(name):
    used = set()
    for index in range(60):
        item = objects(name)[index] if index < COUNT else make_object(name, 7, index=index)
        assert item.part_names == SHAPES[name].part_names
        used |= set(item.part.tolist())
    assert used == set(range(len(SHAPES[name].part_names)))


@each_class
def test_closed_surfaces_look_outwards(name):
    kind = SHAPES[name]
    closed = 0
    for index in range(4):
        p, parts = Draw(random_streams(name, 7, 'train', index)[0], {}), Parts(kind.part_names)
        kind.recipe(p, p.sizes(kind.ranges), parts)
        for mesh in parts.meshes:
            if open_edges(mesh) == 0:
                closed += 1
                assert volume(mesh) > 0
    assert closed


def test_the_roof_of_a_car_looks_up():
    roof = _glass_house([(-2, 0.0, 0.95), (-1, 1.0, 0.8), (1, 1.0, 0.8), (2, 0.0, 0.95)], 1.8)
    assert volume(roof) > 0
