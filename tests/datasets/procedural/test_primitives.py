"""Every solid encloses the volume that its formula says, from the outside, without a gap."""

from __future__ import annotations

import numpy as np
import pytest

from tests.datasets.meshes.solids import open_edges, volume
from zoo.datasets.meshes.mesh import vertex_normals
from zoo.datasets.procedural import primitives
from zoo.datasets.procedural.families.turning import ear, hollow, turned
from zoo.datasets.procedural.outlines import ellipse, rectangle

PI = np.pi
CUP = [(0, 0), (1, 0), (1, 2), (0.9, 2), (0.9, 0.1), (0, 0.1)]


def polygon(sides: int) -> float:
    """Area of a regular polygon in the unit circle, over that of the circle."""
    return sides / 2 * np.sin(2 * PI / sides) / PI


def grid() -> np.ndarray:
    x, y = np.meshgrid(np.linspace(0, 1, 4), np.linspace(0, 2, 5))
    return np.stack([x, y, 0 * x], axis=-1)


SOLIDS = {
    'box': (primitives.box(1, 2, 3, 4, 5, 6), 6.0),
    'cylinder': (primitives.revolve([(0, 0), (1, 0), (1, 2), (0, 2)], 40), 2 * PI * polygon(40)),
    'flattened cylinder': (primitives.revolve([(0, 0), (1, 0), (1, 2), (0, 2)], 40, stretch=0.5), PI * polygon(40)),
    'cone': (primitives.revolve([(0, 0), (1, 0), (0, 3)], 30), PI * polygon(30)),
    'cup': (primitives.revolve(CUP, 24), (2 - 0.81 * 1.9) * PI * polygon(24)),
    'frustum': (primitives.stack([(0, 2, 2), (3, 1, 1)], 40), PI * polygon(40) * (1 + 0.5 + 0.25)),
    'tube': (primitives.sweep([(0, 0, 0), (0, 1, 0), (0, 2, 0)], 0.5, sides=30), PI / 2 * polygon(30)),
    'round bar': (primitives.rod((0, 0, 0), (2, 1, 2), 0.5, sides=12), 3 * 0.25 * PI * polygon(12)),
    'square bar': (primitives.rod((1, 0, 0), (1, 0, 2), 0.5, sides=4), 2.0),
    'square leg': (primitives.rod((0, 0, 0), (0, 3, 0), 0.5, sides=4), 3.0),
    'prism': (primitives.extrude(rectangle(2, 3), 4), 24.0),
    'frame': (primitives.frame(rectangle(2, 2), rectangle(1, 1), 3), 9.0),
    'ring': (primitives.frame(ellipse(2, 2, 20), ellipse(1, 1, 20), 1), 0.75 * PI * polygon(20)),
    'slab': (primitives.sheet(grid(), 0.1), 0.2),
    'square vessel': (turned(CUP, exponent=200.0, sides=24), 4 * (2 - 0.81 * 1.9)),
}


@pytest.mark.parametrize('name', SOLIDS)
def test_volumes(name):
    mesh, expected = SOLIDS[name]
    assert volume(mesh) == pytest.approx(expected, rel=0.02 if name == 'square vessel' else 1e-9)
    assert open_edges(mesh) == 0


@pytest.mark.parametrize(
    ('mesh', 'extent'),
    [
        (primitives.ellipsoid(1, 2, 3, sides=16, rings=13), (1, 2, 3)),
        (primitives.pebble(1, 2, 3, 0.2), (1, 2, 3)),
        (primitives.pebble(1, 2, 3, 9.0), (1, 2, 3)),
        (primitives.stack([(0, 1, 1), (2, 3, 1.5, 1, 0)], 24), (3, 2, 1.5)),
        (primitives.extrude(ellipse(2, 3, 24), 4, bevel=0.1), (2, 3, 4)),
    ],
)
def test_soft_solids_are_closed_and_fill_their_box(mesh, extent):
    assert open_edges(mesh) == 0
    assert 0.4 * np.prod(extent) < volume(mesh) < np.prod(extent)
    assert np.allclose(np.ptp(mesh.vertices, axis=0), extent, rtol=0.03)


def test_a_rounded_box_keeps_between_its_core_and_its_hull():
    mesh = primitives.pebble(2, 2, 2, 0.5)
    beyond = np.clip(np.abs(mesh.vertices) - 0.5, 0, None)
    assert np.allclose(np.linalg.norm(beyond, axis=1)[:-2], 0.5)


def test_sharp_edges_are_shaded_sharply_and_round_ones_smoothly():
    cube = primitives.box(1, 1, 1)
    assert np.allclose(np.abs(vertex_normals(cube.vertices, cube.faces)).max(axis=1), 1)
    ball = primitives.ellipsoid(1, 1, 1, sides=24, rings=16)
    used = np.unique(ball.faces)
    normals = vertex_normals(ball.vertices, ball.faces)[used]
    assert (np.einsum('ni,ni->n', normals, ball.vertices[used]) * 2 > 0.97).all()


def test_bars_end_where_they_should():
    start, end = np.array([0.2, 0.1, -0.3]), np.array([1.0, 2.0, 0.5])
    mesh = primitives.rod(start, end, 0.1, 0.05)
    along = (mesh.vertices - start) @ (end - start) / np.linalg.norm(end - start)
    assert along.min() == pytest.approx(0, abs=1e-9)
    assert along.max() == pytest.approx(np.linalg.norm(end - start))


def test_sheets_face_the_side_their_docstring_says():
    mesh = primitives.sheet(grid())
    assert np.allclose(vertex_normals(mesh.vertices, mesh.faces), [0, 0, 1])


def test_hollow_profiles_have_a_wall():
    outside = np.array([(1.0, 0.0), (1.2, 1.0), (1.1, 2.0)])
    mesh = turned(hollow(outside, 0.1, 0.2))
    assert open_edges(mesh) == 0
    assert 0 < volume(mesh) < volume(turned([(0, 0), *outside, (0, 2)])) / 2


def test_ears_join_both_ends():
    mesh = ear((1.0, 0.5), (0.8, 1.5), 0.4, 0.05)
    assert open_edges(mesh) == 0
    assert volume(mesh) > 0
    assert mesh.vertices[:, 1].min() == pytest.approx(0.45, abs=0.02)
    assert mesh.vertices[:, 1].max() == pytest.approx(1.55, abs=0.02)
    assert 1.2 < mesh.vertices[:, 0].max() < 1.5
