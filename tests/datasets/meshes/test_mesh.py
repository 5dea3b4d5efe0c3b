from __future__ import annotations

import numpy as np
import pytest

from tests.datasets.meshes.solids import volume
from zoo.datasets.meshes import mesh as meshes
from zoo.datasets.meshes.mesh import Mesh
from zoo.datasets.procedural.primitives import box, ellipsoid


@pytest.fixture
def lump() -> Mesh:
    """A body without any symmetry."""
    return box(1, 2, 3, 0.3, 0.1, -0.2).bent(lambda v: v + 0.1 * np.sin(3 * v[:, [1, 2, 0]]))


def test_moving_and_scaling(lump):
    assert np.allclose(lump.moved(1, 2, 3).vertices, lump.vertices + [1, 2, 3])
    assert np.allclose(lump.scaled(2, 3, 4).vertices, lump.vertices * [2, 3, 4])


@pytest.mark.parametrize(('axis', 'start', 'end'), [('x', 1, 2), ('y', 2, 0), ('z', 0, 1)])
def test_a_quarter_turn_is_right_handed(axis, start, end):
    unit = np.eye(3)
    turned = Mesh(unit, np.array([[0, 1, 2]])).turned(axis, np.pi / 2).vertices
    assert np.allclose(turned[start], unit[end])
    assert np.allclose(turned['xyz'.index(axis)], unit['xyz'.index(axis)])


def test_turning_keeps_lengths_and_can_be_undone(lump):
    turned = lump.turned('y', 0.7)
    assert np.allclose(np.linalg.norm(turned.vertices, axis=1), np.linalg.norm(lump.vertices, axis=1))
    assert np.allclose(turned.turned('y', -0.7).vertices, lump.vertices)


def test_mirroring_keeps_the_outside_outside(lump):
    assert volume(lump.scaled(x=-1)) == pytest.approx(volume(lump))
    assert volume(lump.scaled(-1, -1, 1)) == pytest.approx(volume(lump))
    assert len(meshes.mirrored(lump, lump)) == 4
    assert [volume(copy) for copy in meshes.four(lump)] == pytest.approx([volume(lump)] * 4)
    centers = {tuple(np.sign(copy.vertices.mean(axis=0)[[0, 2]])) for copy in meshes.four(lump)}
    assert len(centers) == 4


def test_joining_keeps_every_triangle(lump):
    other = ellipsoid(1, 1, 1).moved(5)
    whole = meshes.join([lump, other])
    corners = np.concatenate([lump.vertices[lump.faces], other.vertices[other.faces]])
    assert np.array_equal(whole.vertices[whole.faces], corners)


def test_areas_and_normals_against_a_loop(lump):
    ball = meshes.join([lump, ellipsoid(1, 2, 1)])
    areas, sums = [], np.zeros_like(ball.vertices)
    for face in ball.faces:
        a, b, c = ball.vertices[face]
        cross = np.cross(b - a, c - a)
        areas.append(np.linalg.norm(cross) / 2)
        for vertex in face:
            sums[vertex] += cross
    assert np.allclose(meshes.face_areas(ball.vertices, ball.faces), areas)
    used = np.unique(ball.faces)
    expected = sums[used] / np.linalg.norm(sums[used], axis=1, keepdims=True)
    assert np.allclose(meshes.vertex_normals(ball.vertices, ball.faces)[used], expected)


def test_normals_are_defined_where_nothing_defines_them():
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [9, 9, 9]])
    folded = np.array([[0, 1, 2], [0, 2, 1]])  # the two sides cancel out; the last vertex has no triangle
    normals = meshes.vertex_normals(vertices, folded)
    assert np.allclose(np.linalg.norm(normals, axis=1), 1)
    assert np.allclose(np.abs(normals[:3]), [0, 0, 1])
