"""OFF files as Princeton, Geomview and MeshLab write them; the right area is known without a reader."""

from __future__ import annotations

import numpy as np
import pytest

from tests.datasets.meshes.solids import CORNERS, SIDES, check_refused, check_sphere, icosphere, measures, write_bytes
from zoo.datasets.meshes.files import read_soup
from zoo.datasets.meshes.materials import GREY
from zoo.datasets.meshes.off import parse_off
from zoo.hub.point_files import read_points

BODY = '0 0 0\n1 0 0\n1 1 0\n0 1 0\n'
COLOURS = '255 128 0 255'


def cube(header='OFF\n8 6 12', behind_vertex='', behind_face='', remark='') -> str:
    vertices = [f'{x} {y} {z}{behind_vertex}{remark}\n' for x, y, z in CORNERS]
    return f'{header}\n{"".join(vertices)}' + ''.join(
        f'4 {" ".join(map(str, side))}{behind_face}{remark}\n' for side in SIDES
    )


CUBES = {
    'plain': cube(),
    'glued': cube('OFF8 6 12'),
    'glued, without edges': cube('OFF8 6'),
    'one line': cube('OFF 8 6 12'),
    'blank before': cube('\n \t\nOFF\n8 6 12'),
    'remark before': cube('# made by hand\n# 3 vertices\nOFF # yes\n\n8 6 12'),
    'byte order mark': '\ufeff' + cube(),
    'remarks': cube(remark=' # 1 2 3').replace('\n4 ', '\n\n# 4 0 1 2 3\n4 '),
    'tabs': cube().replace(' ', '\t '),
    'indented': cube().replace('\n', '\n\t '),
    'windows': cube().replace('\n', '\r\n'),
    'old macintosh': cube().replace('\n', '\r'),
    'no last line end': cube().rstrip(),
    'colors under OFF': cube(behind_vertex=f' {COLOURS}'),
    'colors of three under OFF': cube(behind_vertex=' 1 0.5 0'),
    'COFF': cube('COFF\n8 6 12', behind_vertex=f' {COLOURS}'),
    'NOFF': cube('NOFF\n8 6 12', behind_vertex=' 0 0 1'),
    'CNOFF': cube('CNOFF\n8 6 12', behind_vertex=f' 0 0 1 {COLOURS}'),
    'STOFF': cube('STOFF\n8 6 12', behind_vertex=' 0.25 0.75'),
    'STCNOFF': cube('STCNOFF\n8 6 12', behind_vertex=f' 0 0 1 {COLOURS} 0.25 0.75'),
    'colored faces': cube(behind_face=' 255 0 0'),
    'numbered colors': cube(behind_face=' 7'),
    'no lines at all': cube().replace('\n', ' '),
    'science': cube().replace('\n1 ', '\n+1.0E+00 '),
    'text behind': cube() + 'what follows is passed over\n',
}


@pytest.mark.parametrize('name', CUBES)
def test_a_cube_is_a_cube(tmp_path, name):
    path = write_bytes(tmp_path / 'cube.off', CUBES[name])
    soup = read_soup(path)
    assert soup.vertices.tolist() == [list(map(float, corner)) for corner in CORNERS]
    assert soup.faces.tolist() == [[s[i] for i in cut] for s in SIDES for cut in ((0, 1, 2), (0, 2, 3))]
    points = read_points(path, 600)
    assert points.shape == (600, 3)
    assert points.min() >= 0
    assert points.max() <= 1
    assert (np.isclose(points, 0) | np.isclose(points, 1)).any(axis=1).all()


def test_colors():
    assert np.allclose(parse_off(CUBES['COFF'].encode()).color, (1, 128 / 255, 0))
    assert np.allclose(parse_off(CUBES['CNOFF'].encode()).color, (1, 128 / 255, 0))
    assert np.allclose(parse_off(CUBES['colored faces'].encode()).color, (1, 0, 0))
    assert np.ptp(parse_off(CUBES['numbered colors'].encode()).color) == 0
    cloud = 'OFF\n8 0 0\n' + ''.join(f'{x} {y} {z} {COLOURS}\n' for x, y, z in CORNERS)
    assert parse_off(cloud.encode()).vertices.tolist() == [list(map(float, corner)) for corner in CORNERS]
    arrow = b'OFF\n4 3 0\n0 0 0\n2 1 0\n0 2 0\n1 1 0\n4 0 1 2 3 1.0 0.0 0.0\n3 0 1 3\n3 0 1 3 0.0 0.0 1.0\n'
    assert parse_off(arrow).color.tolist() == [[1, 0, 0], [1, 0, 0], [GREY] * 3, [0, 0, 1]]


LINES = cube().splitlines(keepends=True)
BROKEN = [
    ('ply\n', 'does not begin with OFF'),
    ('8 6 12\n', 'does not begin with OFF'),
    ('OFF\n4', 'numbers of vertices and faces are missing'),
    ('OFF\n4 two 0\n', 'two'),
    ('OFF\n-4 2 0\n', '-4 vertices'),
    ('4OFF\n8 6 12\n', '4OFF is not read'),
    ('nOFF\n3\n8 6 12\n', 'nOFF is not read'),
    ('OFF BINARY\n\x01\x02', 'OFF BINARY is not read'),
    ('OFF BINARY\n' + '\0' * 40, 'NUL'),
    (''.join(LINES[:-1]), 'cut off'),
    (''.join(LINES[:-1]) + LINES[-1][:-3], 'announces 4 corners and has 3'),
    (cube('OFF\n8 7 12'), 'cut off'),
    (cube('OFF\n9 6 12'), 'cut off'),
    (cube('OFF\n8 5 12'), '8 vertices and 5 faces are announced, 14 lines follow'),
    (cube('OFF\n7 7 12'), 'vertex 7, counted from 0, of 7'),
    (cube('OFF\n7 6 12'), 'announced'),
    (cube('OFF\n9 5 12'), 'as many values'),
    ('OFF\n999999999999 999999999999 0\n0 0 0\n', 'cut off'),
    (f'OFF\n4 1 0\n{BODY}3 0 1 4\n', 'vertex 4, counted from 0, of 4'),
    (f'OFF\n4 1 0\n{BODY}3 0 1 -1\n', 'vertex -1'),
    (cube().replace('\n4 1', '\n 1'), 'a face announces 1 corners and has 3'),
    (cube().replace('7 6\n4', '4'), '.'),
    (f'OFF\n4 1 0\n{BODY}4 0 1 2\n', 'announces 4 corners and has 3'),
    (f'OFF\n4 1 0\n{BODY}3 0 1 x\n', "'x'"),
    (f'OFF\n4 1 0\n{BODY}3 0 1 1.5\n', "'1.5'"),
    (f'OFF\n4 1 0\n{BODY}2 0 1 2\n', 'no face has three corners'),
    (f'OFF\n4 1 0\n{BODY}3 99999999999999999999999 0 1 2\n', 'large'),
    (cube().replace('\n1 ', '\n1,0 '), 'decimal commas'),
    ('OFF\n4 1 0\n0 0 0\n1 0 0\n1 nan 0\n0 1 0\n3 0 1 2\n', 'NaN or infinity among its vertices'),
    ('OFF\n4 1 0\n0 0 0\n1 0 0\n1 1e999 0\n0 1 0\n3 0 1 2\n', 'NaN or infinity among its vertices'),
    (f'OFF\n4 1 0\n{BODY}3 0 1 1\n', 'no triangle with an area'),
]


@pytest.mark.parametrize(('text', 'reason'), BROKEN)
def test_broken_files_are_named(tmp_path, text, reason):
    check_refused(tmp_path / 'a.off', text, reason)


def test_a_sphere_has_its_area_and_volume(tmp_path):
    places, faces = icosphere()
    rows = [' '.join(map(repr, place)) for place in places] + [f'3 {a} {b} {c}' for a, b, c in faces]
    check_sphere(tmp_path / 'a.off', '\n'.join([f'OFF {len(places)} {len(faces)} 0', *rows]))
    assert measures(places, faces)[1:] == pytest.approx((4 * np.pi, 4 / 3 * np.pi), rel=0.04)
