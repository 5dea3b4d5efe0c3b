from __future__ import annotations

import re

import numpy as np
import pytest
import trimesh

from tests.layouts import write_pack
from tests.refusals import refused
from zoo.datasets import MeshFolder, ShapePack
from zoo.datasets.base import ObjectDataset
from zoo.datasets.coordinates import recentered
from zoo.datasets.prepared import prepare

UTM = np.array([691_607.0, 5_334_760.0, 519.0])
CLOUDS = np.random.default_rng(0).uniform(-1, 1, (4, 300, 3)).astype(np.float32)


def distances(cloud):
    """What no shift may change, in float64."""
    cloud = np.asarray(cloud, np.float64)
    return np.linalg.norm(cloud[:, None] - cloud[None], axis=-1)


@pytest.mark.parametrize('dtype', ['f2', 'f4', 'f8', '>f4', 'i4', 'u1'])
def test_clouds_near_the_origin_are_not_touched(dtype):
    clouds = (CLOUDS * (100 if dtype[0] in 'iu' else 1)).astype(dtype)
    assert recentered(clouds, 'x') is clouds
    assert recentered(clouds[0], 'x').tobytes() == clouds[0].tobytes()


@pytest.mark.parametrize('dtype', [np.float64, np.longdouble])
def test_map_coordinates_keep_their_shape(dtype):
    far = CLOUDS.astype(dtype)
    far[[0, 2]] += UTM.astype(dtype)
    found = recentered(far, 'x')
    assert found.dtype == dtype
    assert found[[1, 3]].tobytes() == far[[1, 3]].tobytes()
    for row, cloud in enumerate(found.astype(np.float32)):
        np.testing.assert_allclose(distances(cloud), distances(CLOUDS[row]), atol=1e-6)
    # The cast that is avoided here leaves steps of half a metre.
    assert np.abs(distances(far[0].astype(np.float32)) - distances(CLOUDS[0])).max() > 0.1


def test_whole_numbers_and_float32_are_moved_as_far_as_they_are_exact():
    voxels = np.argwhere(np.ones((6, 5, 4), bool)) + 5_000_000
    np.testing.assert_array_equal(distances(recentered(voxels, 'x').astype(np.float32)), distances(voxels))
    corners = (np.argwhere(np.ones((2, 2, 2))) * 10 + 5_334_760).astype(np.float32)  # of a drawn mesh
    np.testing.assert_array_equal(recentered(corners, 'x'), corners - corners.mean(axis=0))
    found = recentered(CLOUDS + np.float32(200), 'x')
    assert found.dtype == np.float32
    assert np.abs(found.mean(axis=1)).max() < 1e-6


@pytest.mark.parametrize(
    'cloud',
    [
        (CLOUDS[0] + 5e6).astype(np.float32),
        (CLOUDS[0] + 5e6).astype(np.float32).astype(np.float64),  # rounded once, whatever holds it now
        (CLOUDS[0] + 1e5).astype(np.float32),
        (CLOUDS[0] + 10).astype(np.float16),
        CLOUDS[0].astype(np.float64) + 1e14,
        np.full((9, 3), 7.5),
    ],
)
def test_digits_that_are_lost_are_not_made_up(cloud):
    expected = r'x is .* away from the origin, where float\d\d numbers lose its shape: take'
    assert re.match(expected, refused(recentered, cloud, 'x'))
    good = np.random.default_rng(0).random(cloud.shape).astype(cloud.dtype)
    assert refused(recentered, np.stack([good, cloud]), 'x').startswith('x row 1 is')


def test_packs_are_moved_before_the_cast(tmp_path):
    far = CLOUDS.astype(np.float64) + UTM
    pack = ShapePack(write_pack(tmp_path / 'far.npz', 4, pts=far), split='all')
    batch = pack.__getitems__([0, 1, 2, 3])['points'].numpy()
    assert batch.dtype == np.float32
    for row, cloud in enumerate(batch):
        np.testing.assert_allclose(distances(cloud), distances(CLOUDS[row]), atol=1e-6)
    write_pack(tmp_path / 'lost.npz', 4, pts=far.astype(np.float32))
    assert "lost.npz: array 'pts' row 0 is" in refused(ShapePack, tmp_path / 'lost.npz', split='all')


def test_meshes_are_moved_before_the_cast(tmp_path):
    solid = trimesh.creation.icosphere(subdivisions=2)
    clouds = []
    for name, offset in (('near', 0.0), ('far', UTM)):
        rows = [f'v {x:.6f} {y:.6f} {z:.6f}' for x, y, z in solid.vertices * (1, 2, 3) + offset]
        faces = [f'f {a} {b} {c}' for a, b, c in solid.faces + 1]
        (tmp_path / name / 'class').mkdir(parents=True)
        for number in 'ab':
            (tmp_path / name / 'class' / f'{number}.obj').write_text('\n'.join(rows + faces))
        clouds.append(MeshFolder(tmp_path / name, 'all', num_points=256, workers=0).points(0))
    np.testing.assert_allclose(*map(distances, clouds), atol=4e-6)


class Foreign(ObjectDataset):
    labels, classes, fingerprint = np.zeros(4, np.int64), ('a',), 'x'

    def points(self, index):
        return CLOUDS[index].astype(np.float64) + UTM


def test_datasets_of_users_too():
    batch = Foreign().subset([1, 2]).__getitems__([0, 1])
    np.testing.assert_allclose(distances(batch['points'][1]), distances(CLOUDS[2]), atol=1e-6)


def test_packs_of_half_precision_lose_no_shape(tmp_path):
    some = write_pack(tmp_path / 'some.npz', 4, pts=CLOUDS + np.float32(20))
    parts = {'train': {'type': 'ShapePack', 'points': str(some), 'split': 'all'}}
    message = refused(prepare, tmp_path / 'coarse', parts, precision='float16', progress=False)
    assert 'object 0 is 2 wide and 21 away from the origin, where float16 numbers lose' in message
