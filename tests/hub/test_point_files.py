from __future__ import annotations

import io
import re

import numpy as np
import pytest
import trimesh

from tests.refusals import refused
from zoo.hub.point_files import checked_points, read_points

RNG = np.random.default_rng(0)
CLOUD = RNG.standard_normal((50, 3)).astype(np.float32)


def rows(points, comma=' '):
    return ''.join(comma.join(f'{value:.9g}' for value in point) + '\n' for point in points)


AXES = ''.join(f'property float {axis}\n' for axis in 'xyz')
CLOUDS = {
    'a.txt': rows(CLOUD),
    'b.csv': rows(CLOUD, ','),
    'c.xyz': '# x y z normal\n' + rows(np.hstack([CLOUD, CLOUD])),
    'd.ply': f'ply\nformat ascii 1.0\nelement vertex {len(CLOUD)}\n{AXES}end_header\n{rows(CLOUD)}',
    'e.obj': '# a cloud\n' + ''.join(f'v {line}' for line in rows(CLOUD).splitlines(keepends=True)),
    'f.off': f'OFF\n{len(CLOUD)} 0 0\n{rows(CLOUD)}',
    'g.PTS': rows(CLOUD),
}


@pytest.mark.parametrize('name', CLOUDS)
def test_clouds_arrive_as_they_are(tmp_path, name):
    (tmp_path / name).write_text(CLOUDS[name])
    found = read_points(tmp_path / name)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, CLOUD, rtol=1e-6)


def test_arrays_with_more_columns(tmp_path):
    np.save(tmp_path / 'a.npy', np.hstack([CLOUD, np.ones((50, 3))]).astype(np.float64))
    np.testing.assert_allclose(read_points(tmp_path / 'a.npy'), CLOUD)


def test_points_are_drawn_on_meshes(tmp_path):
    (tmp_path / 'a.obj').write_text('v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1 2 3 4\n')
    found = read_points(tmp_path / 'a.obj', 4000)
    assert found.shape == (4000, 3)
    assert np.abs(found[:, 2]).max() == 0
    counts = np.histogram2d(found[:, 0], found[:, 1], bins=4, range=[[0, 1]] * 2)[0]
    assert counts.sum() == 4000
    assert counts.min() > 4000 / 16 * 0.7  # evenly over the square
    assert np.array_equal(found, read_points(tmp_path / 'a.obj', 4000))


PICKLE = io.BytesIO()
np.save(PICKLE, np.array([{'x': 1}], dtype=object), allow_pickle=True)


@pytest.mark.parametrize(
    ('name', 'content', 'message'),
    [
        ('a.jpg', b'x', 'is no file of points that can be read: known are .npy'),
        ('a.npy', b'', 'holds no points'),
        ('a.npy', PICKLE.getvalue(), 'holds no points'),
        ('a.txt', b'', 'holds no points'),
        ('a.txt', b'1 2\n3 4\n', 'expected numbers of shape'),
        ('a.txt', b'1 2 3\n1 nan 3\n', 'not finite, in point 1'),
        ('a.txt', b'\xff\xfe\x00', 'holds no points'),
        ('a.ply', b'rubbish', 'is no PLY file'),
    ],
)
def test_bad_files_are_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    assert re.search(f'{name}.*{message}', refused(read_points, tmp_path / name))


NAMED = np.zeros(50, dtype=[('intensity', '<u2'), ('z', '>f4'), ('X', '<f8'), ('y', '<f4')])
for axis, column in zip('Xyz', CLOUD.T, strict=True):
    NAMED[axis] = column

KINDS = {
    'float16': CLOUD.astype(np.float16),
    'float64': CLOUD.astype(np.float64),
    'long double': CLOUD.astype(np.longdouble),
    'big endian': CLOUD.astype('>f4'),
    'Fortran order': np.asfortranarray(CLOUD),
    'a view': np.repeat(CLOUD, 2, axis=0)[::2],
    'whole numbers': np.rint(CLOUD * 100).astype(np.int16),
    'records': NAMED,
    'colors': np.hstack([CLOUD, CLOUD, CLOUD, np.zeros((50, 1))]),
    'a list': CLOUD.tolist(),
}


@pytest.mark.parametrize('kind', KINDS)
def test_arrays_of_every_kind(tmp_path, kind):
    scale, tolerance = {'whole numbers': (100, 0.5), 'float16': (1, 2e-3)}.get(kind, (1, 0))
    np.save(tmp_path / 'a.npy', KINDS[kind])
    for found in (read_points(tmp_path / 'a.npy'), checked_points(KINDS[kind], 'x')):
        assert found.dtype == np.float32
        assert found.flags['C_CONTIGUOUS']
        np.testing.assert_allclose(found, CLOUD * scale, atol=tolerance, rtol=0)


WRONG = {
    'transposed': (CLOUD.T, 'seems transposed'),
    'transposed, with normals': (np.vstack([CLOUD.T, CLOUD.T]), 'seems transposed'),
    'a few points, transposed': (CLOUD[:4].T, 'seems transposed'),
    'embeddings': (np.random.default_rng(0).random((50, 384)), r'with up to 7 columns .* found shape \(50, 384\)'),
    'one row': (CLOUD.reshape(1, -1), r'found shape \(1, 150\)'),
    'flat': (CLOUD.reshape(-1), r'found shape \(150,\)'),
    'places on a plane': (CLOUD[:, :2], r'found shape \(50, 2\)'),
    'a batch': (CLOUD[None], r'found shape \(1, 50, 3\)'),
    'yes and no': (CLOUD > 0, 'of bool'),
    'complex': (CLOUD.astype(complex), 'of complex128'),
    'texts': (CLOUD.astype(str), 'of <U'),
    'records without axes': (np.zeros(50, dtype=[('a', 'f4'), ('b', 'f4')]), 'no cloud'),
    'masked': (np.ma.masked_greater(CLOUD, 1), 'is masked'),
    'row numbers': (np.column_stack([np.arange(50), CLOUD]), 'leave that column out'),
    'row numbers from 1': (np.column_stack([np.arange(1, 51), CLOUD * 100 // 1]), 'leave that column out'),
    'row numbers, shuffled': (np.column_stack([np.arange(50), CLOUD])[::-1], 'leave that column out'),
    'ids': (np.column_stack([np.arange(50) * 17 + 3, CLOUD]), 'leave that column out'),
    'one place': (np.ones((50, 3)), 'show no shape'),
    'dust': (CLOUD.astype(np.float64) * 1e-30, 'show no shape'),
    'too large for squares': (CLOUD.astype(np.float64) * 1e30, 'show no shape'),
    'infinity': (np.vstack([CLOUD, [[0, np.inf, 0]]]), 'not finite, in point 50'),
    'float16 far away': ((CLOUD + 100).astype(np.float16), 'float16 numbers lose its shape'),
    'map coordinates in float32': (CLOUD + np.float32(5e6), 'float32 numbers lose its shape'),
}


@pytest.mark.parametrize('kind', WRONG)
def test_what_is_taken_for_points_is_said(tmp_path, kind):
    values, message = WRONG[kind]
    assert re.search(f'this.* {message}', refused(checked_points, values, 'this'))
    if kind != 'masked':
        np.save(tmp_path / 'a.npy', values)
        assert re.search(message, refused(read_points, tmp_path / 'a.npy'))


def test_texts_are_held_to_the_same(tmp_path):
    for name, values in (('a.txt', CLOUD.T), ('b.csv', np.column_stack([np.arange(50), CLOUD]))):
        np.savetxt(tmp_path / name, values, delimiter=',' if 'csv' in name else ' ')
        assert re.search(f'{name}.* (seems transposed|leave that column out)', refused(read_points, tmp_path / name))


def test_map_coordinates_keep_their_shape_in_every_file(tmp_path):
    far = CLOUD.astype(np.float64) + [691_607, 5_334_760, 519]
    np.save(tmp_path / 'a.npy', far)
    np.savetxt(tmp_path / 'b.txt', far, fmt='%.9f')
    (tmp_path / 'c.obj').write_text(''.join(f'v {x:.9f} {y:.9f} {z:.9f}\n' for x, y, z in far))
    trimesh.PointCloud(far).export(tmp_path / 'd.ply')
    solid = trimesh.creation.icosphere(subdivisions=2)
    near = trimesh.Trimesh(solid.vertices, solid.faces, process=False)
    near.export(tmp_path / 'near.obj', digits=9)
    near.apply_translation([691_607, 5_334_760, 519])
    near.export(tmp_path / 'far.obj', digits=9)
    centered = CLOUD - CLOUD.mean(axis=0, dtype=np.float64)
    for name in ('a.npy', 'b.txt', 'c.obj'):
        np.testing.assert_allclose(read_points(tmp_path / name), centered, atol=1e-6)
    found, expected = (read_points(tmp_path / name, 500) for name in ('far.obj', 'near.obj'))
    np.testing.assert_allclose(found - found.mean(axis=0), expected - expected.mean(axis=0), atol=1e-5)
    assert re.search(r'd\.ply is .* float32 numbers lose its shape', refused(read_points, tmp_path / 'd.ply'))


@pytest.mark.parametrize('value', [np.zeros((0, 3)), None, [[1, 2], [3]]])
def test_what_is_no_cloud(value):
    assert 'this is no cloud' in refused(checked_points, value, 'this')
