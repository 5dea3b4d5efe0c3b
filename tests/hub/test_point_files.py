from __future__ import annotations

import numpy as np
import pytest

from zoo.errors import UsageError
from zoo.hub.point_files import checked_points, read_points

RNG = np.random.default_rng(0)
CLOUD = RNG.standard_normal((50, 3)).astype(np.float32)
SQUARE = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]


def rows(points, comma=' '):
    return ''.join(comma.join(f'{value:.9g}' for value in point) + '\n' for point in points)


def ply(points, faces=()):
    head = ['ply', 'format ascii 1.0', f'element vertex {len(points)}', *(f'property float {axis}' for axis in 'xyz')]
    head += [f'element face {len(faces)}', 'property list uchar int vertex_indices'] if faces else []
    return (
        '\n'.join([*head, 'end_header', ''])
        + rows(points)
        + ''.join(f'{len(f)} {" ".join(map(str, f))}\n' for f in faces)
    )


CLOUDS = {
    'a.txt': rows(CLOUD),
    'b.csv': rows(CLOUD, ','),
    'c.xyz': '# x y z normal\n' + rows(np.hstack([CLOUD, CLOUD])),
    'd.ply': ply(CLOUD),
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


MESHES = {
    'a.ply': ply(SQUARE, [(0, 1, 2), (0, 2, 3)]),
    'b.obj': ''.join(f'v {x} {y} {z}\n' for x, y, z in SQUARE) + 'f 1 2 3 4\n',
    'c.off': 'OFF\n4 1 0\n' + rows(SQUARE) + '4 0 1 2 3\n',
    'd.off': 'OFF4 1 0\n' + rows(SQUARE) + '4 0 1 2 3\n',
}


@pytest.mark.parametrize('name', MESHES)
def test_points_are_drawn_on_meshes(tmp_path, name):
    (tmp_path / name).write_text(MESHES[name])
    found = read_points(tmp_path / name, 4000)
    assert found.shape == (4000, 3)
    assert np.abs(found[:, 2]).max() == 0
    assert found[:, :2].min() >= 0
    assert found[:, :2].max() <= 1
    counts = np.histogram2d(found[:, 0], found[:, 1], bins=4, range=[[0, 1]] * 2)[0]
    assert counts.min() > 4000 / 16 * 0.7  # evenly over the square
    assert np.array_equal(found, read_points(tmp_path / name, 4000))


@pytest.mark.parametrize(
    ('name', 'content', 'message'),
    [
        ('a.jpg', b'x', 'is no file of points that can be read: known are .npy'),
        ('a.npy', b'', 'holds no points'),
        ('a.npy', b'\x93NUMPY junk', 'holds no points'),
        ('a.txt', b'', 'no cloud of points'),
        ('a.txt', b'1 2\n3 4\n', 'expected numbers of shape'),
        ('a.txt', b'1 2 3\n4 5\n', 'holds no points'),
        ('a.txt', b'x y z\n', 'holds no points'),
        ('a.txt', b'1 2 3\n1 nan 3\n', 'not finite, in point 1'),
        ('a.txt', b'\xff\xfe\x00', 'holds no points'),
        ('a.ply', b'ply\nformat ascii 1.0\nelement vertex 3\nend_header\n', 'is no PLY file'),
        ('a.ply', b'rubbish', 'is no PLY file'),
        ('a.obj', b'', 'is empty'),
        ('a.off', b'OFF\n3 0 0\n1 2\n', 'cut off'),
        ('a.off', b'x', 'is no OFF file'),
    ],
)
def test_bad_files_are_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=message) as caught:
        read_points(tmp_path / name)
    assert '\n' not in str(caught.value)
    assert name in str(caught.value)


def test_a_pickle_is_not_opened(tmp_path):
    np.save(tmp_path / 'a.npy', np.array([{'x': 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UsageError, match='holds no points'):
        read_points(tmp_path / 'a.npy')


def test_missing_files_are_named(tmp_path):
    with pytest.raises(UsageError, match=r'gone\.npy cannot be read'):
        read_points(tmp_path / 'gone.npy')


@pytest.mark.parametrize(
    'value', [np.zeros((0, 3)), np.zeros(3), np.zeros((2, 2)), np.array([['a'] * 3]), None, [[1, 2], [3]]]
)
def test_what_is_no_cloud(value):
    with pytest.raises(UsageError, match='this is no cloud'):
        checked_points(value, 'this')
