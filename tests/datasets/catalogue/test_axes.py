"""Which way is up: told where it can be told, and nothing said where it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.shared import shared_file
from zoo.datasets import ProceduralShapes, ShapePack
from zoo.datasets.catalogue.axes import SIDES, judge, support

TO_AXIS = {'+x': (1, 2, 0), '+y': (0, 1, 2), '+z': (2, 0, 1)}
"""Order of the axes that turns y into another one, by turning alone."""


@pytest.fixture(scope='module')
def shapes():
    """Six objects of every class, y up."""
    dataset = ProceduralShapes(num_objects=258, num_points=512)
    return dataset.gather_points(np.arange(258)), dataset.labels


def judged(clouds, labels=()):
    return judge(np.array([support(cloud) for cloud in clouds]), labels)


TURNS = {
    '-y': np.diag([1, -1, -1]),
    'about gravity': Rotation.from_euler('y', np.random.default_rng(0).uniform(0, 2 * np.pi, (258, 1))).as_matrix(),
    'every way': Rotation.random(258, random_state=0).as_matrix(),
    **{side: np.eye(3)[list(order)] for side, order in TO_AXIS.items()},
}


@pytest.mark.parametrize('turn', TURNS)
def test_built_in_shapes_are_told_upright_however_they_are_turned(shapes, turn):
    clouds, labels = shapes
    turned = clouds @ np.swapaxes(TURNS[turn], -1, -2).astype(np.float32)
    found = judged(turned, labels)
    expected = {'about gravity': '+y', 'every way': None}.get(turn, turn)
    assert found.up == expected, found.reason
    assert expected is None or f'with {expected} up' in found.reason
    if turn == '+y':  # sets without labels are judged by their objects
        assert judged(turned, np.full_like(labels, -1)).up == expected


def test_too_few_objects_or_classes_are_undecided(shapes):
    clouds, labels = shapes
    assert judged(clouds[:10]).reason == 'only 10 objects'
    chosen = np.isin(labels, [0, 1, 2])
    assert judged(np.repeat(clouds[chosen], 2, axis=0), np.repeat(labels[chosen], 2)).reason == 'only 3 classes'
    assert judge(np.zeros((0, 6))).up is None


def test_real_sets():
    """Voxels of ModelNet10 are y up and say so; the poses of shapedb69 are known to differ."""
    modelnet = ShapePack(shared_file('data', 'modelnet10', 'points1024.npz'), split='test')
    every = np.arange(0, len(modelnet), 4)
    assert judged(modelnet.gather_points(every), modelnet.labels[every]).up == '+y'
    mixed = ShapePack(shared_file('data', 'shapedb69', 'points2048.npz'), split='test')
    assert judged(mixed.gather_points(np.arange(0, 493, 2)), mixed.labels[::2]).up is None


def box(generator, sides, count=4000):
    """Return points on the surface of a box."""
    points = generator.uniform(-0.5, 0.5, (count, 3))
    axis = generator.integers(0, 3, count)
    points[np.arange(count), axis] = np.sign(points[np.arange(count), axis]) / 2
    return points * sides


def test_a_box_stands_on_every_side():
    values = support(box(np.random.default_rng(0), [1, 2, 3]))
    assert values.min() > 0.9
    assert values.max() <= 1.01


def test_a_cone_stands_on_its_base_alone():
    """By hand: all of the outline below, a point above, a line of no width on the sides."""
    generator = np.random.default_rng(0)
    height, angle = np.sqrt(generator.random(8000)), generator.uniform(0, 2 * np.pi, 8000)
    mantle = np.stack([height * np.cos(angle), 1 - height, height * np.sin(angle)], axis=1)
    base = mantle * [1, 0, 1]
    values = dict(zip(SIDES, support(np.concatenate([mantle[:4000], base[4000:]])), strict=True))
    assert values['+y'] > 0.95
    assert values['-y'] < 0.05


def test_support_does_not_depend_on_place_size_or_noise():
    generator = np.random.default_rng(0)
    cloud = box(generator, [1, 2, 3], 1000)
    assert np.allclose(support(cloud * 7 + [3, -2, 5]), support(cloud))
    with_stray = np.concatenate([cloud, [[9, 9, 9]]])
    assert np.abs(support(with_stray)[:4] - support(cloud)[:4]).max() < 0.25


@pytest.mark.parametrize('cloud', [np.zeros((100, 3)), np.eye(3), np.linspace(0, 1, 50)[:, None] * [1, 1, 1]])
def test_clouds_without_extent_support_nothing(cloud):
    assert not support(np.asarray(cloud, dtype=np.float32)).any()
