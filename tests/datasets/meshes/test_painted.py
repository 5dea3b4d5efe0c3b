from __future__ import annotations

import numpy as np
import pytest

from tests.datasets.meshes import solids
from tests.refusals import refused
from zoo.datasets.meshes.mesh import Mesh, face_areas, face_crosses
from zoo.datasets.meshes.painted import CREASE, normal_form, paint, smooth
from zoo.datasets.procedural.primitives import box, ellipsoid


def painted(vertices, faces):
    return solids.painted(Mesh(np.asarray(vertices, dtype=float), np.asarray(faces)))


def soup(vertices, faces):
    """Every triangle with vertices of its own."""
    return vertices[faces.ravel()], np.arange(faces.size).reshape(faces.shape)


def patches(vertices: np.ndarray, faces: np.ndarray) -> list[set[int]]:
    """Corners that share a vertex, pair by pair of triangles: a slow way to say what ``smooth`` does."""
    unit = face_crosses(vertices, faces)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    places = [[tuple(vertices[v]) for v in face] for face in faces]
    groups = {(f, k): {(f, k)} for f in range(len(faces)) for k in range(3)}
    for f in range(len(faces)):
        for g in range(f):
            shared = set(places[f]) & set(places[g])
            if len(shared) < 2 or unit[f] @ unit[g] <= np.cos(CREASE):
                continue
            for place in shared:
                joined = groups[f, places[f].index(place)] | groups[g, places[g].index(place)]
                for corner in joined:
                    groups[corner] = joined
    return sorted({frozenset(3 * f + k for f, k in group) for group in groups.values()}, key=min)


@pytest.mark.parametrize('case', ['box', 'ball', 'random'])
def test_smooth_joins_what_meets_gently(case):
    rng = np.random.default_rng(0)
    if case == 'random':
        grid = np.stack(np.meshgrid(range(6), range(6)), axis=-1).reshape(-1, 2)
        vertices = np.column_stack([grid, rng.uniform(0, 0.9, 36)]).astype(float)
        corner = np.array([6 * r + c for r in range(5) for c in range(5)])[:, None]
        faces = np.concatenate([corner + (0, 1, 7), corner + (0, 7, 6)])
    else:
        mesh = box(1, 2, 3) if case == 'box' else ellipsoid(1, 1.5, 1, sides=9, rings=6)
        areas = face_areas(mesh.vertices, mesh.faces)
        vertices, faces = mesh.vertices, mesh.faces[areas > 1e-9]
    for v, f in ((vertices, faces), soup(vertices, faces)):
        result = smooth(v, f)
        assert np.array_equal(result.vertices[result.faces], v[f])
        found: dict[int, set[int]] = {}
        for corner, label in enumerate(result.faces.ravel()):
            found.setdefault(int(label), set()).add(corner)
        assert sorted(map(frozenset, found.values()), key=min) == patches(v, f)
        assert len(result.vertices) == len(found)


def test_a_surface_that_is_there_twice_is_smooth_on_both_sides():
    ball = ellipsoid(1, 1, 1, sides=24, rings=16)
    item = painted(ball.vertices, np.concatenate([ball.faces, ball.faces[:, ::-1]]))
    radial = item.mesh.vertices / np.linalg.norm(item.mesh.vertices, axis=1, keepdims=True)
    assert np.abs((item.normals * radial).sum(axis=1)).min() > 0.98


def test_triangles_without_area_are_dropped_with_their_paint():
    vertices = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (2, 0, 0), (np.nan, 0, 0)])
    color = np.array([(1.0, 0, 0), (0, 1, 0), (0, 0, 1)])
    item = paint(vertices, np.array([(0, 1, 3), (0, 1, 2), (2, 2, 1)]), color, np.array([True, True, False]), name='it')
    assert item.mesh.faces.shape == (1, 3)
    assert item.color.tolist() == [[0, 1, 0]]
    assert item.clear.tolist() == [True]
    assert np.isfinite(item.mesh.vertices).all()  # a vertex that nothing uses may be anything


@pytest.mark.parametrize('scale', [1e-12, 1.0, 1e12])
def test_no_size_is_too_small_or_too_large(scale):
    cube = box(1, 2, 3)
    item = normal_form(painted(cube.vertices * scale, cube.faces))
    assert len(item.mesh.faces) == 12
    assert np.sqrt((item.mesh.vertices**2).sum(axis=1)).max() == pytest.approx(1)


@pytest.mark.parametrize(
    ('vertices', 'faces', 'words'),
    [
        (np.eye(3), np.empty((0, 3), int), 'no triangles'),
        (np.eye(3), [(0, 1, 3)], 'not there'),
        (np.eye(3), [(0, 1, -1)], 'not there'),
        ([(0, 0, 0), (1, 0, 0), (0, np.inf, 0)], [(0, 1, 2)], 'NaN or infinity'),
        (np.zeros((3, 3)), [(0, 1, 2)], 'no triangle with an area'),
        (np.arange(9.0).reshape(3, 3), [(0, 1, 2)], 'no triangle with an area'),
    ],
)
def test_what_is_no_surface_is_refused(vertices, faces, words):
    message = refused(painted, vertices, faces)
    assert message.startswith('it ')
    assert words in message


def test_normal_form_is_centered_upright_and_of_radius_one():
    cube = box(2, 6, 3).moved(5, -1, 2)
    extra = box(0.1, 0.1, 0.1).moved(5, 2.2, 2)  # many vertices on one side do not move the center of the surface
    vertices = np.concatenate([cube.vertices, extra.vertices])
    item = painted(vertices, np.concatenate([cube.faces, extra.faces + len(cube.vertices)]))
    form = normal_form(item)
    areas = face_areas(form.mesh.vertices, form.mesh.faces)
    center = (form.mesh.vertices[form.mesh.faces].mean(axis=1) * areas[:, None]).sum(axis=0) / areas.sum()
    assert np.allclose(center, 0, atol=1e-12)
    assert np.sqrt((form.mesh.vertices**2).sum(axis=1)).max() == pytest.approx(1)
    assert np.ptp(form.mesh.vertices, axis=0).argmax() == 1
    turned = normal_form(item, up='z')
    assert np.allclose(turned.mesh.vertices, form.mesh.vertices[:, [0, 2, 1]] * (1, 1, -1))
    assert np.allclose(turned.normals, form.normals[:, [0, 2, 1]] * (1, 1, -1))
    assert np.linalg.det([(1, 0, 0), (0, 0, 1), (0, -1, 0)]) == 1
    assert "'x'" in refused(normal_form, item, up='x')


def test_a_map_that_mirrors_keeps_the_outside_outside():
    ball = ellipsoid(1, 1, 1)
    item = painted(ball.vertices, ball.faces).mapped(np.diag([-2.0, 1, 1]))
    assert ((item.normals * item.mesh.vertices).sum(axis=1) > 0).all()
    assert np.ptp(item.mesh.vertices[:, 0]) == pytest.approx(2 * np.ptp(ball.vertices[:, 0]))
