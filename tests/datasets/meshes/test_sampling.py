from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from zoo.datasets.meshes.mesh import Mesh, vertex_normals
from zoo.datasets.meshes.sampling import sample_surface, to_unit_sphere
from zoo.datasets.procedural import make_object


def heron(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
    """Area of a triangle from the lengths of its sides."""
    x, y, z = (float(np.linalg.norm(side)) for side in (b - a, c - b, a - c))
    half = (x + y + z) / 2
    return max(half * (half - x) * (half - y) * (half - z), 0.0) ** 0.5


def test_triangles_and_parts_are_hit_in_proportion_to_their_area():
    item = make_object('table', seed=3)
    areas = np.array([heron(*item.mesh.vertices[face]) for face in item.mesh.faces])
    count = 60_000
    _, _, face = sample_surface(item.mesh, item.normals, count, np.random.default_rng(0))
    expected = areas / areas.sum() * count
    common = expected > 8  # the rest is put together: the test needs expected counts
    observed = np.bincount(face, minlength=len(areas))
    pooled = [np.append(values[common], values[~common].sum()) for values in (observed, expected)]
    assert chisquare(*pooled).pvalue > 1e-3
    sums = [np.bincount(item.part, weights=values) for values in (observed, expected)]
    kept = sums[1] > 0
    assert chisquare(sums[0][kept], sums[1][kept]).pvalue > 1e-3


def test_points_are_uniform_within_a_triangle():
    corners = np.array([[0.0, 0, 0], [2, 0, 0], [0, 3, 1]])
    mesh = Mesh(corners, np.array([[0, 1, 2]]))
    points, _, _ = sample_surface(mesh, vertex_normals(mesh.vertices, mesh.faces), 20_000, np.random.default_rng(1))
    weights = np.linalg.lstsq(
        np.vstack([corners.T, np.ones(3)]), np.vstack([points.T, np.ones(len(points))]), rcond=None
    )[0]
    assert weights.min() > -1e-9
    for weight in weights:  # each is distributed as the smallest of two uniform numbers
        assert kstest(weight, lambda w: 1 - (1 - w) ** 2).pvalue > 1e-3


def test_points_lie_on_their_triangle_and_normals_are_those_of_the_surface():
    item = make_object('bowl', seed=1)
    points, normals, face = sample_surface(item.mesh, item.normals, 500, np.random.default_rng(2))
    corners = item.mesh.vertices[item.mesh.faces[face]]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    assert np.abs(np.einsum('ni,ni->n', points - corners[:, 0], flat)).max() < 1e-9
    assert np.allclose(np.linalg.norm(normals, axis=1), 1)
    assert (np.einsum('ni,ni->n', normals, flat) > 0.5).mean() > 0.98


def test_triangles_without_area_are_never_hit_and_lost_normals_replaced():
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [2, 2, 2]])
    mesh = Mesh(vertices, np.array([[3, 3, 3], [0, 1, 2], [0, 1, 1]]))
    opposed = np.array([[0.0, 0, 1], [0, 0, -1], [0, 0, 1e-9], [0, 1, 0]])
    _, normals, face = sample_surface(mesh, opposed, 2000, np.random.default_rng(0))
    assert (face == 1).all()
    assert np.allclose(np.linalg.norm(normals, axis=1), 1)


def test_clouds_are_centered_in_the_unit_sphere():
    cloud = np.random.default_rng(0).normal(5, 3, (400, 3))
    unit = to_unit_sphere(cloud)
    assert np.allclose(unit.mean(axis=0), 0, atol=1e-12)
    assert np.linalg.norm(unit, axis=1).max() == pytest.approx(1)
    assert np.array_equal(to_unit_sphere(cloud[:1]), np.zeros((1, 3)))
