"""What a depth camera sees of a scene: the surface that is nearest along the ray of each pixel, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.mesh import FloatArray, IntArray, Mesh, face_crosses
from zoo.datasets.meshes.rasterize import rasterize
from zoo.datasets.scans.viewpoint import NEAR, View


@dataclass(frozen=True)
class Hits:
    """Surface points that were seen, P of them.

    Attributes:
        points: Places, shape ``(P, 3)``.
        normals: Unit normals of the triangles, on the side that is seen, shape ``(P, 3)``.
        face: The triangle, shape ``(P,)``.
        depth: Distance along the view, shape ``(P,)``.
        ray: Unit vectors from the camera, shape ``(P, 3)``.
    """

    points: FloatArray
    normals: FloatArray
    face: IntArray
    depth: FloatArray
    ray: FloatArray

    def __len__(self) -> int:
        return len(self.face)

    @property
    def cosine(self) -> FloatArray:
        """Cosine of the angle between ray and normal ``(P,)``: 1 where a surface is met head on."""
        return -np.einsum('pc,pc->p', self.ray, self.normals)

    def take(self, which: IntArray | NDArray[np.bool_]) -> Hits:
        """Return some of the points, by position or by mask."""
        return Hits(self.points[which], self.normals[which], self.face[which], self.depth[which], self.ray[which])


def observe(scene: Mesh, views: Sequence[View]) -> Hits:
    """Return what the frames see of a scene, one point for every pixel that shows something.

    Args:
        scene: F triangles; both sides of a triangle are visible, and it hides what is behind it.
        views: The frames, at least one.
    """
    crosses = face_crosses(scene.vertices, scene.faces)
    lengths = np.sqrt((crosses**2).sum(axis=1, keepdims=True))
    frames = [_frame(scene, crosses / np.maximum(lengths, 1e-300), view) for view in views]
    columns = zip(*((hits.points, hits.normals, hits.face, hits.depth, hits.ray) for hits in frames), strict=True)
    return Hits(*(np.concatenate(column) for column in columns))


def _frame(scene: Mesh, normals: FloatArray, view: View) -> Hits:
    """Return what one frame sees; ``normals`` ``(F, 3)`` are those of the triangles, on either side."""
    screen, depth = view.project(scene.vertices)
    # A triangle that reaches behind the camera has no picture: it is left out whole.
    before = np.flatnonzero((depth > NEAR)[scene.faces].all(axis=1))
    seen = rasterize(screen, 1.0 / depth, scene.faces[before], view.size)
    face = before[seen.face]
    points = np.einsum('kp,pkc->pc', seen.weights, scene.vertices[scene.faces[face]])
    ray = points - view.eye
    ray /= np.sqrt(np.einsum('pc,pc->p', ray, ray))[:, None]
    normal = normals[face]
    normal *= -np.sign(np.einsum('pc,pc->p', normal, ray))[:, None]
    return Hits(points, normal, face, seen.depth, ray)
