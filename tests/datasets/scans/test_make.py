from __future__ import annotations

import numpy as np
import pytest

from tests.refusals import refused
from zoo.datasets.meshes.mesh import Mesh, join
from zoo.datasets.procedural.primitives import box, ellipsoid
from zoo.datasets.scans import VARIANTS, make, scan
from zoo.datasets.scans.boxes import bounding_box

CHAIR = join(
    [
        box(1, 0.1, 1),
        box(1, 1, 0.1, 0, 0.5, -0.45),
        *(box(0.1, 1, 0.1, x, -0.5, z) for x in (-0.4, 0.4) for z in (-0.4, 0.4)),
    ]
)
AROUND = [box(1, 2, 1), ellipsoid(1, 1, 1)]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope='module')
def scans():
    return {variant: [scan(CHAIR, AROUND, variant, 2048, rng(seed)) for seed in range(6)] for variant in VARIANTS}


def spy(monkeypatch):
    """Record the pools that clouds are cut out of."""
    pools = []
    capture = make._capture

    def recording(*arguments):
        pools.append((*arguments[:2], capture(*arguments)))
        return pools[-1][-1]

    monkeypatch.setattr(make, '_capture', recording)
    return pools


@pytest.mark.parametrize('variant', VARIANTS)
def test_clouds_are_whole_centered_and_in_the_sphere(scans, variant):
    for one in scans[variant]:
        assert one.points.shape == one.normals.shape == (2048, 3)
        assert one.face.shape == (2048,)
        assert np.isfinite(one.points).all()
        assert np.allclose(np.linalg.norm(one.normals, axis=1), 1)
        assert np.abs(one.points.mean(axis=0)).max() < 1e-9
        radius = np.linalg.norm(one.points, axis=1).max()
        assert 0.75 <= radius <= 1 if variant == 'pb_t50_rs' else radius == pytest.approx(1)
        assert -1 <= one.face.min() <= one.face.max() < len(CHAIR.faces)
        assert (one.face >= 0).any()
        assert one.seen
        assert (one.face < 0).any() == (variant != 'obj_only')


def test_all_variants_are_cut_out_of_the_same_scene(monkeypatch):
    pools = spy(monkeypatch)
    clouds = [scan(CHAIR, AROUND, variant, 2048, rng(3)) for variant in VARIANTS]
    points = [pool.points for *_, (pool, _) in pools]
    assert np.array_equal(points[0], points[1])
    assert np.array_equal(points[0], points[2])
    assert len({cloud.points.tobytes() for cloud in clouds}) == 3


def test_the_box_of_obj_bg_holds_the_whole_object_and_a_little_more(monkeypatch):
    pools = spy(monkeypatch)
    cloud = scan(CHAIR, AROUND, 'obj_bg', 20000, rng(3))
    pool = pools[0][-1][0]
    own = pool.face < len(CHAIR.faces)
    expected = bounding_box(pool.points[own]).contains(pool.points)
    assert expected[own].all()
    assert len(np.unique(cloud.points, axis=0)) == min(expected.sum(), 20000)


def test_size_and_place_of_the_meshes_do_not_matter():
    moved = Mesh(CHAIR.vertices * 37 + (5, -3, 100), CHAIR.faces)
    around = [Mesh(mesh.vertices * 0.01 - 7, mesh.faces) for mesh in AROUND]
    one, other = scan(CHAIR, AROUND, 'obj_bg', 256, rng(1)), scan(moved, around, 'obj_bg', 256, rng(1))
    assert np.allclose(one.points, other.points, atol=1e-6)
    stray = Mesh(np.concatenate([CHAIR.vertices, [[1e6, 0, 0]]]), CHAIR.faces)  # a vertex without a triangle
    assert np.isfinite(scan(stray, [stray], 'obj_bg', 64, rng(0)).points).all()


def test_one_side_only():
    """Of a closed ball, hardly more than one half is seen, however the camera walks."""
    ball = ellipsoid(1, 1, 1, sides=24, rings=14)
    for seed in range(8):
        cloud = scan(ball, (), 'obj_only', 512, rng(seed))
        seen = cloud.normals.mean(axis=0)
        assert np.linalg.norm(seen) > 0.35  # a whole ball has 0
        assert ((cloud.normals @ seen) > -0.5).mean() > 0.97


def test_density_is_even_on_near_and_far_surfaces(monkeypatch):
    """Fused surfaces have one point per voxel: a tilted plane is as dense at its far end as at its near one."""
    monkeypatch.setattr(make, 'holes', lambda points, *_: np.ones(len(points), dtype=bool))
    slab = box(2.0, 0.02, 2.0)
    counts = []
    for seed in range(6):
        cloud = scan(slab, (), 'obj_only', 1024, rng(seed))
        counts.append(np.histogram2d(cloud.points[:, 0], cloud.points[:, 2], bins=3)[0])
    mean = np.mean(counts, axis=0)
    assert mean.max() / mean.min() < 2


def test_few_seen_points_repeat():
    rod = box(0.02, 2.0, 0.02)
    cloud = scan(rod, (), 'obj_only', 4096, rng(0))
    assert len(cloud.points) == 4096
    assert 50 < len(np.unique(cloud.points, axis=0)) < 4096


@pytest.mark.parametrize('variant', VARIANTS)
def test_an_object_that_no_ray_meets_is_sampled(variant):
    needle = box(1e-9, 1.0, 1e-9)
    cloud = scan(needle, AROUND, variant, 128, rng(0))
    assert not cloud.seen
    assert cloud.points.shape == (128, 3)
    assert np.isfinite(cloud.points).all()
    assert (cloud.face >= 0).all()


def test_an_object_that_its_neighbors_hide_is_scanned_without_them(monkeypatch):
    pools = spy(monkeypatch)
    monkeypatch.setattr(make, 'ENOUGH', 10**9)
    cloud = scan(CHAIR, AROUND, 'obj_bg', 128, rng(0))
    faces = pools[0][-1][0].face
    floor_and_walls = len(CHAIR.faces) + 3 * 2 * 24**2
    assert faces.max() < floor_and_walls
    assert cloud.seen


@pytest.mark.parametrize(
    ('mesh', 'variant', 'named'),
    [(CHAIR, 'pb_t25', 'pb_t25'), (Mesh(np.zeros((3, 3)), np.zeros((0, 3), int)), 'obj_bg', 'triangles')],
)
def test_bad_input_is_named(mesh, variant, named):
    assert named in refused(scan, mesh, (), variant, 16, rng())
