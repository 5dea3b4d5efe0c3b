"""What the depth buffer keeps, against rays."""

from __future__ import annotations

import numpy as np
import pytest

from zoo.datasets.meshes.camera import Camera
from zoo.datasets.meshes.mesh import Mesh, face_crosses, join
from zoo.datasets.procedural.primitives import box, ellipsoid
from zoo.datasets.scans.viewpoint import View
from zoo.datasets.scans.visibility import observe

VIEW = View(Camera(0.7, 0.4, 3.2), 40, (0.2, -0.3))


@pytest.fixture(scope='module')
def scene():
    """A box and a ball that run into each other, above a floor that is larger than the picture."""
    floor = Mesh(
        np.array([[-2.0, -0.6, -2], [2, -0.6, -2], [2, -0.6, 2], [-2, -0.6, 2]]), np.array([[0, 1, 2], [0, 2, 3]])
    )
    return join([box(0.9, 0.7, 0.5), ellipsoid(0.6, 0.9, 0.6, sides=7, rings=5).moved(0.4, 0.1, -0.2), floor])


def nearest_hit(eye: np.ndarray, rays: np.ndarray, mesh: Mesh) -> np.ndarray:
    """Return how far each ray ``(R, 3)`` goes before it meets a triangle ``(R,)``, inf where it meets none.

    Source: Moeller and Trumbore, "Fast, Minimum Storage Ray/Triangle Intersection", 1997.
    """
    nearest = np.full(len(rays), np.inf)
    for a, b, c in mesh.vertices[mesh.faces]:
        across = np.cross(rays, c - a)
        volume = across @ (b - a)
        with np.errstate(divide='ignore', invalid='ignore'):
            u = (across @ (eye - a)) / volume
            turned = np.cross(eye - a, b - a)
            v = (rays @ turned) / volume
            length = ((c - a) @ turned) / volume
            met = (np.abs(volume) > 1e-12) & (u >= 0) & (v >= 0) & (u + v <= 1) & (length > 1e-9)
        nearest = np.where(met & (length < nearest), length, nearest)
    return nearest


def pixel_rays(view):
    """Return unit vectors through the centers of all pixels."""
    row, column = np.divmod(np.arange(view.size**2), view.size)
    flat = np.stack(
        [column + 0.5 - view.size / 2 - view.shift[0], -(row + 0.5 - view.size / 2 - view.shift[1])], axis=1
    )
    right, up, back = view.camera.axes()
    rays = flat[:, :1] / view.focal * right + flat[:, 1:] / view.focal * up - back
    return rays / np.linalg.norm(rays, axis=1, keepdims=True)


def test_every_point_is_the_first_thing_on_its_ray(scene):
    hits = observe(scene, [VIEW])
    distance = np.linalg.norm(hits.points - VIEW.eye, axis=1)
    assert len(hits) > 600
    assert np.allclose(VIEW.eye + hits.ray * distance[:, None], hits.points)
    first = nearest_hit(VIEW.eye, hits.ray * (1 + 1e-12), scene)
    on_edge = np.isinf(first)  # a ray exactly through an edge may slip between two triangles
    assert on_edge.mean() < 0.01
    assert np.allclose(first[~on_edge], distance[~on_edge], rtol=1e-6)


def test_no_pixel_is_left_out(scene):
    hits = observe(scene, [VIEW])
    first = nearest_hit(VIEW.eye, pixel_rays(VIEW), scene)
    assert abs(np.isfinite(first).sum() - len(hits)) <= 2  # pixels whose ray goes through an edge
    expected = VIEW.eye + pixel_rays(VIEW)[np.isfinite(first)] * first[np.isfinite(first), None]
    gap = np.linalg.norm(hits.points[:, None] - expected[None], axis=2).min(axis=1)
    assert np.sort(gap)[:-2].max() < 1e-6


def test_points_lie_on_the_triangle_they_name(scene):
    hits = observe(scene, [VIEW])
    corners = scene.vertices[scene.faces[hits.face]]
    crosses = face_crosses(scene.vertices, scene.faces)[hits.face]
    normals = crosses / np.linalg.norm(crosses, axis=1, keepdims=True)
    assert np.abs(np.einsum('pc,pc->p', hits.points - corners[:, 0], normals)).max() < 1e-9
    assert np.abs(np.einsum('pc,pc->p', hits.normals, normals)).min() == pytest.approx(1)


def test_normals_look_at_the_camera_from_both_sides_of_a_triangle(scene):
    flipped = Mesh(scene.vertices, scene.faces[:, ::-1])
    for mesh in (scene, flipped):
        hits = observe(mesh, [VIEW])
        assert hits.cosine.min() > 0
        assert hits.cosine.max() <= 1 + 1e-12
        assert np.allclose(np.linalg.norm(hits.normals, axis=1), 1)
    assert np.allclose(observe(scene, [VIEW]).normals, hits.normals)


def test_nothing_behind_an_object_is_seen():
    screen = box(3.0, 3.0, 0.1)  # fills the frame
    behind = box(0.4, 0.4, 0.4).moved(z=-1.0)
    view = View(Camera(0.0, 0.0, 3.2), 48, (0.0, 0.0))
    assert (observe(join([behind, screen]), [view]).face >= len(behind.faces)).all()
    assert (observe(behind, [view]).face < len(behind.faces)).any()
    inside = box(0.3, 0.3, 0.3)  # within the screen's own volume once it is a closed box
    shell = box(1.0, 1.0, 1.0)
    assert (observe(join([inside, shell]), [view]).face >= len(inside.faces)).all()


def test_several_frames_are_put_one_after_the_other(scene):
    other = View(Camera(-0.9, 0.2, 4.0), 32, (0.0, 0.0))
    both, first, second = observe(scene, [VIEW, other]), observe(scene, [VIEW]), observe(scene, [other])
    assert np.array_equal(both.points, np.concatenate([first.points, second.points]))
    some = both.take(np.arange(0, len(both), 7))
    assert np.array_equal(some.points, both.points[::7])
    assert np.array_equal(both.take(both.face == 0).depth, both.depth[both.face == 0])


def test_a_triangle_that_reaches_behind_the_camera_is_left_out():
    long = Mesh(np.array([[-1.0, -0.5, 9], [1, -0.5, 9], [0, -0.5, -9]]), np.array([[0, 1, 2]]))
    assert len(observe(long, [View(Camera(0.0, 0.1, 3.0), 32, (0.0, 0.0))])) == 0


def test_an_empty_frame():
    away = box(0.1, 0.1, 0.1).moved(x=50)
    assert len(observe(away, [VIEW])) == 0
