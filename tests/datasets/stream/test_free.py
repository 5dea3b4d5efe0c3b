from __future__ import annotations

import numpy as np
import pytest

from zoo.datasets.procedural.shapes import assemble, random_streams
from zoo.datasets.stream.free import FREE, KINDS, deformed


def test_objects_are_of_many_kinds_and_fill_the_sphere():
    objects = [assemble(FREE, random_streams('object', 0, 'train', ordinal)[0]) for ordinal in range(40)]
    for item in objects:
        assert item.caption == 'object'
        assert np.isfinite(item.mesh.vertices).all()
        assert np.linalg.norm(item.mesh.vertices, axis=1).max() == pytest.approx(1)
    drawn = {value for item in objects for value in item.params.values() if isinstance(value, str)}
    assert drawn >= {*KINDS, 'height field', 'union', 'difference', 'intersection', 'bend', 'twist', 'taper'}
    assert {item.params['wires'] for item in objects} == {True, False}
    assert len({item.mesh.vertices.tobytes() for item in objects}) == len(objects)


@pytest.mark.parametrize('kind', ['bend', 'twist', 'taper'])
def test_deformations_keep_handedness_and_change_little_where_they_are_small(kind):
    places = np.random.default_rng(0).uniform(-1, 1, (500, 3))
    np.testing.assert_allclose(deformed(places, kind, 1e-6), places, atol=1e-5)
    step = 1e-5 * np.eye(3)
    columns = [(deformed(places + d, kind, 0.8) - deformed(places - d, kind, 0.8)) / 2e-5 for d in step]
    assert (np.linalg.det(np.stack(columns, axis=2)) > 0).all()
