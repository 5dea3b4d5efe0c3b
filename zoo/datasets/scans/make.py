"""From meshes to a cloud as ScanObjectNN has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, IntArray, Mesh, join, vertex_normals
from zoo.datasets.meshes.sampling import sample_surface, to_unit_sphere
from zoo.datasets.scans.boxes import bounding_box, perturbed
from zoo.datasets.scans.clutter import surround, unit_box
from zoo.datasets.scans.noise import holes, measure
from zoo.datasets.scans.viewpoint import VIEWS, walk
from zoo.datasets.scans.visibility import Hits, observe
from zoo.errors import UsageError

VARIANTS = ('obj_only', 'obj_bg', 'pb_t50_rs')
"""What a scan can show, each harder than the one before."""

SIZE = 160
"""Side of a depth frame in pixels; one of them is 0.02 of the object's radius wide at the object."""

VOXEL = 0.025
"""Side of the cells in which fused frames leave one point; the object has radius 1."""

ENOUGH = 600
"""Points of the object that a scan has to have; one with fewer is made again from elsewhere."""

CLOUD_SCALE = (0.75, 1.0)
"""Range of the largest radius of a cloud of the hardest variant."""


@dataclass(frozen=True)
class Scan:
    """A scanned object with what is around it, centered, in the unit sphere, y up.

    Attributes:
        points: Coordinates, shape ``(N, 3)``.
        normals: Unit normals on the side of the camera, shape ``(N, 3)``.
        face: Triangle of the object that a point was seen on, -1 for the background, shape ``(N,)``.
        seen: Whether a camera saw the object; one thinner than any ray is sampled on its bare surface.
    """

    points: FloatArray
    normals: FloatArray
    face: IntArray
    seen: bool


def scan(target: Mesh, neighbors: Sequence[Mesh], variant: str, num_points: int, rng: np.random.Generator) -> Scan:
    """Scan an object with a depth camera that is carried past it.

    The manner is that of ScanObjectNN (arXiv 1908.04616), whose objects were cut out of reconstructed rooms: surfaces
    fused from the frames of a camera that never goes around an object. A few frames of a short walk on one side, any
    side, are taken of a room with a floor, walls and neighbors. What a frame sees is found by a depth buffer; points
    are pixels put back into space, so nothing hidden is ever in the cloud. They get the noise of the sensor, holes are
    cut, and they are thinned to one per voxel: the even density of a fused surface.

    The same ``rng`` state gives the same room and the same fused points for every variant:

    - ``obj_only``: the points of the object;
    - ``obj_bg``: all points in the box around the object's points, slightly enlarged;
    - ``pb_t50_rs``: all points in a box that was moved, turned and scaled, as seen from that box, and then scaled.

    Args:
        target: The object, of any size and anywhere, y up.
        neighbors: Other objects to stand around it.
        variant: One of ``VARIANTS``.
        num_points: Number of points N. Where fewer were seen they repeat.
        rng: Source of randomness.

    Raises:
        UsageError: Unknown variant, or the target has no triangle.
    """
    if variant not in VARIANTS:
        raise UsageError(f'there is no scan variant {variant!r}: choose from {", ".join(VARIANTS)}')
    if not len(target.faces):
        raise UsageError('cannot scan a mesh without triangles')
    scene, sensor, frame, draw = (np.random.Generator(np.random.PCG64(seed)) for seed in rng.integers(2**63, size=4))
    body = unit_box(target)
    pool, seen = _capture(body, neighbors, scene, sensor)
    return _cut_out(pool, len(body.faces), variant, num_points, seen, frame, draw)


def _capture(
    body: Mesh, neighbors: Sequence[Mesh], scene: np.random.Generator, sensor: np.random.Generator
) -> tuple[Hits, bool]:
    """Return the fused points, and whether a camera saw enough; neighbors that hide the object leave the room."""
    for around in (neighbors, neighbors[:1], ()):
        views = walk(scene, SIZE)
        room = surround(body, around, views[len(views) // 2].camera.azimuth, scene)
        hits = measure(observe(join([body, *room]), views), sensor)
        own = hits.points[hits.face < len(body.faces)]
        if len(own) >= ENOUGH * len(views) // VIEWS:
            break
    if not len(own):
        return _bare(body, sensor), False
    kept = holes(hits.points, own, sensor)
    if kept[hits.face < len(body.faces)].any():
        hits = hits.take(kept)
    return hits, True


def _bare(body: Mesh, rng: np.random.Generator) -> Hits:
    """Return points of the bare surface, for an object that no ray meets."""
    normals = vertex_normals(body.vertices, body.faces)
    points, normal, face = sample_surface(body, normals, SIZE**2, rng)
    return Hits(points, normal, face, np.ones(len(face)), -normal)


def _cut_out(
    pool: Hits,
    faces: int,
    variant: str,
    num_points: int,
    seen: bool,
    frame: np.random.Generator,
    draw: np.random.Generator,
) -> Scan:
    """Choose the points of a variant from the fused ones; the first ``faces`` triangles are the object's."""
    own = pool.face < faces
    box = bounding_box(pool.points[own])
    inside = own
    if variant == 'obj_bg':
        inside = box.contains(pool.points)
    elif variant == 'pb_t50_rs':
        box = perturbed(box, pool.points[own], frame)
        inside = box.contains(pool.points)
    hits = pool.take(_spread(pool.points, np.flatnonzero(inside), num_points, draw))
    points, normals = hits.points, hits.normals
    scale = 1.0
    if variant == 'pb_t50_rs':
        points, normals, scale = box.local(points), box.turned_back(normals), frame.uniform(*CLOUD_SCALE)
    face = np.where(hits.face < faces, hits.face, -1)
    return Scan(to_unit_sphere(points) * scale, normals, face, seen)


def _spread(points: FloatArray, which: IntArray, count: int, rng: np.random.Generator) -> IntArray:
    """Choose ``count`` of the positions ``which``: one per voxel while there are any, then others, then repeats."""
    shuffled = rng.permutation(which)
    cell = np.floor(points[shuffled] / VOXEL).astype(np.int64)
    cell -= cell.min(axis=0)
    span = cell.max(axis=0) + 1
    key = (cell[:, 0] * span[1] + cell[:, 1]) * span[2] + cell[:, 2]
    first = np.unique(key, return_index=True)[1]
    later = np.ones(len(shuffled), dtype=bool)
    later[first] = False
    chosen = np.concatenate([rng.permutation(shuffled[first]), shuffled[later]])
    return chosen[np.arange(count) % len(chosen)]
