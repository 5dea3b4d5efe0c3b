from __future__ import annotations

import numpy as np
import pytest

from tests.datasets.meshes.solids import open_edges, volume
from zoo.datasets.meshes.mesh import join
from zoo.datasets.stream.solids import (
    OPERATIONS,
    ball,
    cone,
    cube,
    cylinder,
    height_field,
    subdivided,
    torus,
    wireframe,
)

WAVES = [(1.0, 0.5, 0.3, 0.1), (0.4, -1.2, 2.0, 0.08)]
SOLIDS = {
    'cube': cube(4),
    'ball': ball(64),
    'cylinder': cylinder(64),
    'cone': cone(64),
    'torus': torus(96),
    'height field': height_field(4, WAVES),
}
MATRIX = np.array([[1.0, -0.3, 0.1], [0.2, 1.1, -0.2], [0.0, 0.3, 0.9]])
CELLS = np.stack(np.meshgrid(*[np.arange(44)] * 3), axis=-1).reshape(-1, 3)
PLACES = (CELLS + np.random.default_rng(0).random(CELLS.shape)) * 1.9 / 44 - 0.95
"""One place in every cell of a grid: they measure volumes more closely than as many random ones."""


def expected_volume(solid):
    return 1.9**3 * float((solid.inside(PLACES) < 0).mean())


@pytest.mark.parametrize('name', SOLIDS)
def test_surface_and_inside_are_of_one_body(name):
    placed = SOLIDS[name].placed(MATRIX, np.array([0.2, -0.1, 0.1]))
    for solid in (SOLIDS[name], placed):
        mesh = join(solid.pieces)
        assert open_edges(mesh) == 0
        assert np.abs(solid.inside(mesh.vertices)).max() < 0.02
        assert volume(mesh) == pytest.approx(expected_volume(solid), rel=0.03)


@pytest.mark.parametrize('operation', OPERATIONS)
@pytest.mark.parametrize('name', SOLIDS)
def test_booleans_enclose_what_they_say(name, operation):
    other = SOLIDS['ball'].placed(MATRIX, np.array([0.2, 0.1, 0.25]))
    both = SOLIDS[name].combined(other, operation)
    assert len(both.pieces) == 2
    assert volume(join(both.pieces)) == pytest.approx(expected_volume(both), rel=0.03)


def test_a_boolean_that_would_leave_nothing_is_left_out():
    far = SOLIDS['ball'].placed(np.eye(3), np.array([3.0, 0.0, 0.0]))
    assert SOLIDS['cube'].combined(far, 'intersection') is SOLIDS['cube']
    assert SOLIDS['cube'].combined(far, 'union').area == pytest.approx(6 + far.area)


def test_wires_run_along_every_edge_once():
    mesh = join(cube(0).pieces)
    bars = wireframe(mesh, 0.01)
    edges, diagonals = 12 * 1.0, 6 * np.sqrt(2)
    assert volume(bars) == pytest.approx((edges + diagonals) * 0.02**2)
    assert volume(subdivided(mesh)) == pytest.approx(1)
