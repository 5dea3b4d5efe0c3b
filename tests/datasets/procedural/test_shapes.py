from __future__ import annotations

import re

import numpy as np
import pytest

from tests.refusals import refused
from zoo.datasets.procedural import CLASSES, make_object
from zoo.datasets.procedural.colors import WHITE
from zoo.datasets.procedural.primitives import box
from zoo.datasets.procedural.shapes import SPLITS, Parts, random_streams


def same(first, second) -> bool:
    shapes = first.mesh.vertices.shape == second.mesh.vertices.shape
    return shapes and np.array_equal(first.mesh.vertices, second.mesh.vertices) and first.caption == second.caption


def test_an_object_depends_on_its_arguments_alone():
    first = make_object('guitar', 3, split='val', index=5)
    make_object('lamp', 1)
    assert same(first, make_object('guitar', 3, split='val', index=5))
    for other in ({'index': 6}, {'split': 'test'}):
        assert not same(first, make_object('guitar', 3, **{'split': 'val', 'index': 5, **other}))
    assert not same(first, make_object('guitar', 4, split='val', index=5))
    assert same(make_object('flower_pot', 1), make_object('flower pot', 1))


def test_streams_never_meet():
    """Neighboring seeds, splits, classes and places in them all begin with other numbers."""
    first = {
        stream.integers(2**63)
        for seed in range(4)
        for split in SPLITS
        for name in CLASSES[:6]
        for index in range(20)
        for stream in random_streams(name, seed, split, index)
    }
    assert len(first) == 4 * 3 * 6 * 20 * 3


@pytest.mark.parametrize(
    ('arguments', 'named'),
    [
        ({'class_name': 'unicorn'}, f'unicorn.*{", ".join(CLASSES)}'),
        ({'class_name': 'cup', 'split': 'dev'}, 'dev'),
        ({'class_name': 'cup', 'seed': -1}, '-1'),
        ({'class_name': 'cup', 'index': -2}, '-2'),
    ],
)
def test_bad_arguments_are_named(arguments, named):
    assert re.search(named, refused(make_object, **arguments))


def test_parts_are_turned_and_moved_and_labeled_in_order():
    parts = Parts(('first', 'second'))
    parts.add('second', WHITE, box(1, 1, 1), [box(1, 2, 1), box(1, 1, 1)], turn=('z', np.pi / 2), at=(3, 0, 0))
    parts.add('first', WHITE, box(1, 1, 1))
    assert parts.labels == [1, 1, 1, 0]
    assert np.allclose(np.ptp(parts.meshes[1].vertices, axis=0), [2, 1, 1])
    assert np.allclose(parts.meshes[1].vertices.mean(axis=0), [3, 0, 0])
    with pytest.raises(ValueError):
        parts.add('third', WHITE, box(1, 1, 1))
