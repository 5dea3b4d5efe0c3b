"""Signatures of surfaces: what they do not see, what they tell apart, and what they are."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from tests.datasets.meshes.solids import painted
from zoo.datasets.meshes.mesh import Mesh
from zoo.datasets.meshes.painted import normal_form
from zoo.datasets.meshes.signature import LENGTH, signature, thinness


def upright(mesh: trimesh.Trimesh) -> Mesh:
    return normal_form(painted(Mesh(np.asarray(mesh.vertices), np.asarray(mesh.faces)))).mesh


def solid(*sides: float) -> trimesh.Trimesh:
    """A box with a smaller one upon a corner of it, which has no symmetry."""
    small = trimesh.creation.box((0.4, 0.3, 0.2))
    small.apply_translation((sides[0] / 3, sides[1] / 2 + 0.2, sides[2] / 4))
    return trimesh.util.concatenate([trimesh.creation.box(sides), small])


CHANGES = {
    'cut': lambda mesh: mesh.subdivide(),
    'moved': lambda mesh: mesh.apply_translation((5, -7, 9)),
    'scaled': lambda mesh: mesh.apply_scale(30),
    'turned': lambda mesh: mesh.apply_transform(trimesh.transformations.rotation_matrix(0.7, (0, 1, 0))),
    'mirrored': lambda mesh: mesh.apply_scale((-1, 1, 1)),
}


@pytest.mark.parametrize('change', CHANGES)
def test_triangles_place_size_turn_and_mirror_image_do_not_matter(change):
    mesh = solid(1, 2, 3)
    found = signature(upright(CHANGES[change](mesh.copy())))
    assert np.allclose(signature(upright(mesh)), found, atol=1e-5)
    assert len(found) == LENGTH


def test_other_shapes_are_told_apart():
    shapes = [solid(1, 2, 3), solid(1, 2, 3.1), solid(1, 3, 2)]
    shapes += [trimesh.creation.icosphere(), trimesh.creation.cone(1, 2)]
    found = np.array([signature(upright(shape)) for shape in shapes])
    gaps = np.abs(found[:, None] - found).max(axis=2) + np.eye(len(shapes))
    assert gaps.min() > 0.004


def test_means_are_those_of_many_points():
    mesh = upright(solid(1, 2, 3))
    points = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False).sample(200_000, seed=0)
    x, y, z = points.T
    drawn = [(y**2).mean(), (y**3).mean(), (y**4).mean(), (x**2 + z**2).mean(), ((x**2 + z**2) ** 2).mean()]
    assert np.allclose(signature(mesh)[1:6], drawn, atol=4e-3)


@pytest.mark.parametrize(('sides', 'share'), [((4, 0.02, 4), 0.005), ((1, 2, 4), 0.25)])
def test_sheets_are_thin_however_they_lie(sides, share):
    mesh = trimesh.creation.box(sides)
    mesh.apply_transform(trimesh.transformations.rotation_matrix(0.5, (1, 2, 3)))
    assert thinness(upright(mesh)) == pytest.approx(share, abs=2e-3)
