"""The rasterizer; that it draws the nearest of all triangles is tried against rays in ``scans/test_visibility``."""

from __future__ import annotations

import numpy as np

from zoo.datasets.meshes.camera import Camera
from zoo.datasets.meshes.rasterize import rasterize
from zoo.datasets.procedural import make_object
from zoo.datasets.procedural.primitives import box


def test_weights_give_back_the_point_under_the_pixel():
    mesh = box(0.6, 0.4, 0.5)
    view = Camera(0.6, 0.3, 2.2)
    screen, inverse_depth = view.project(mesh.vertices, 40)
    seen = rasterize(screen, inverse_depth, mesh.faces, 40)
    assert np.allclose(seen.weights.sum(axis=0), 1)
    points = np.einsum('kp,pkc->pc', seen.weights, mesh.vertices[mesh.faces[seen.face]])
    right, up, backward = view.axes()
    depth = view.distance - points @ backward
    assert np.allclose(depth, seen.depth)
    flat = np.stack([points @ right, -(points @ up)], axis=1) / depth[:, None]
    pixel = np.stack([seen.pixel % 40, seen.pixel // 40], axis=1)
    matrix = np.column_stack([flat, np.ones(len(flat))])
    assert np.abs(matrix @ np.linalg.lstsq(matrix, pixel, rcond=None)[0] - pixel).max() < 1e-6


def test_each_pixel_at_most_once_and_none_outside():
    item = make_object('plant')
    screen, inverse_depth = Camera(0.3, 0.3).project(item.mesh.vertices * 1.0, 64)
    seen = rasterize(screen + (40, -40), inverse_depth, item.mesh.faces, 64)
    assert len(np.unique(seen.pixel)) == len(seen.pixel) > 0
    assert seen.pixel.min() >= 0
    assert seen.pixel.max() < 64 * 64


def test_nothing_in_sight():
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    seen = rasterize(vertices[:, :2] - 50, np.ones(3), np.array([[0, 1, 2]]), 16)
    assert len(seen.pixel) == len(seen.face) == len(seen.depth) == 0
    line = rasterize(vertices[:, :2] * (10, 0), np.ones(3), np.array([[0, 1, 2]]), 16)
    assert len(line.pixel) == 0


def test_clear_triangles_leave_out_a_chessboard():
    square = np.array([[0.0, 0], [16, 0], [16, 16], [0, 16]])
    screen, near = np.concatenate([square, square]), np.array([2.0] * 4 + [1.0] * 4)
    faces = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])
    seen = rasterize(screen, near, faces, 16, np.array([True, True, False, False]))
    front = np.zeros(256, dtype=bool)
    front[seen.pixel] = seen.face < 2
    board = np.indices((16, 16)).sum(axis=0) % 2 == 0
    assert len(seen.pixel) == 256
    assert np.array_equal(front.reshape(16, 16), board)


def test_many_triangles_are_drawn_in_shares_with_the_same_outcome(monkeypatch):
    item = make_object('chair', seed=1)
    screen, inverse_depth = Camera(0.5, 0.4, 2.5).project(item.mesh.vertices, 64)
    clear = np.arange(len(item.mesh.faces)) % 3 == 0
    whole = rasterize(screen, inverse_depth, item.mesh.faces, 64, clear)
    monkeypatch.setattr('zoo.datasets.meshes.rasterize.AT_ONCE', 97)
    shares = rasterize(screen, inverse_depth, item.mesh.faces, 64, clear)
    assert np.array_equal(shares.pixel, whole.pixel)
    assert np.allclose(shares.depth, whole.depth)
    assert (shares.face == whole.face).mean() > 0.99  # among equally near ones, either may be seen
    same = shares.face == whole.face
    assert np.allclose(shares.weights[:, same], whole.weights[:, same])
