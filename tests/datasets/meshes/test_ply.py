"""PLY files written here byte by byte; area, volume and number of triangles are known without a reader."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.datasets.meshes.solids import (
    CORNERS,
    SIDES,
    TRIANGLES,
    check_cube,
    check_refused,
    check_sphere,
    icosphere,
    png,
)
from zoo.datasets.meshes.files import read_mesh, read_soup
from zoo.hub.point_files import read_points

FORMS = ('ascii', 'binary_little_endian', 'binary_big_endian')
LETTERS = {'char': 'b', 'uchar': 'B', 'short': 'h', 'ushort': 'H', 'int': 'i', 'uint': 'I', 'float': 'f', 'double': 'd'}
LETTERS |= {'int8': 'b', 'uint8': 'B', 'int16': 'h', 'uint16': 'H', 'int32': 'i', 'uint32': 'I', 'float64': 'd'}

XYZ = tuple(f'float {axis}' for axis in 'xyz')
LIST = ('list uchar int vertex_indices',)


def ply(form: str, *elements, remarks: str = '', end: str = '\n', counts=None) -> bytes:
    """A file of elements ``(name, properties, rows)``; a row holds numbers, and a tuple for a list."""
    head = ['ply', f'format {form} 1.0', *remarks.splitlines()]
    body = b''
    for name, properties, rows in elements:
        head.append(f'element {name} {(counts or {}).get(name, len(rows))}')
        head += [f'property {line}' for line in properties]
        for row in rows:
            words: list[str] = []
            for line, value in zip(properties, row, strict=True):
                kinds = line.split()[:-1]
                values = (value,) if kinds[0] != 'list' else (len(value), *value)
                letters = LETTERS[kinds[-1]] * len(values)
                if kinds[0] == 'list':
                    letters = LETTERS[kinds[1]] + letters[1:]
                if form == 'ascii':
                    words += [repr(x) for x in values]
                else:
                    body += struct.pack(('<' if 'little' in form else '>') + letters, *values)
            body += (' '.join(words) + end).encode() if form == 'ascii' else b''
    return (end.join([*head, 'end_header']) + end).encode() + body


def faces(rows, *more):
    return [(tuple(row), *more) for row in rows]


V, T, S = ('vertex', XYZ, CORNERS), ('face', LIST, faces(TRIANGLES)), ('face', LIST, faces(SIDES))
MIXED = ('face', LIST, faces(TRIANGLES[:4] + SIDES[2:4] + TRIANGLES[8:]))
DOUBLES = ('vertex', tuple(f'double {axis}' for axis in 'xyz'), [tuple(map(float, c)) for c in CORNERS])
NORMALS = ('vertex', (*XYZ, *(f'float n{axis}' for axis in 'xyz')), [(*c, 0, 0, 1) for c in CORNERS])
EDGES = ('edge', ('int vertex1', 'int vertex2', 'uchar red'), [(0, 1, 255), (1, 2, 0)])
LISTS = ('other', ('list uchar float values', 'int id'), [((1.5,), 7), ((), 8), ((2.5, 3.5), 9)])
FLAGS = (
    'face',
    ('uchar flags', *LIST, 'list uchar float texcoord', 'int id'),
    [(1, t, (0.5,) * 6, 3) for t in TRIANGLES],
)
SPLIT = [row for side in SIDES for row in (side[0], side[1], side[3], side[2], -1)]
STRIPS = ('tristrips', ('list int int vertex_indices',), [(tuple(SPLIT),)])
REMARKS = 'comment end_header\ncomment element face 3\nobj_info num_cols 512\nobj_info\ncomment'

CUBES = {
    'plain': ((V, T), {}),
    'squares': ((V, S), {}),
    'triangles and squares': ((V, MIXED), {}),
    'doubles': ((DOUBLES, T), {}),
    'normals': ((NORMALS, T), {}),
    'remarks': ((V, T), {'remarks': REMARKS}),
    'windows': ((V, T), {'end': '\r\n'}),
    'old macintosh': ((V, T), {'end': '\r'}),
    'faces first': ((T, V), {}),
    'edges between': ((V, EDGES, MIXED), {}),
    'lists around': ((LISTS, V, T, ('more', ('list int short x',), [((1, 2),), ((),)])), {}),
    'edges behind': ((V, T, EDGES), {}),
    'flags': ((V, FLAGS), {}),
    'signed lengths': ((V, ('face', ('list int8 uint32 vertex_index',), faces(SIDES))), {}),
    'long lengths': ((V, ('face', ('list uint ushort vertex_index',), faces(SIDES))), {}),
    'bytes': ((V, ('face', ('list uint8 uint8 vertex_index',), faces(SIDES))), {}),
    'another name': ((V, ('face', ('list uint8 int corners',), faces(SIDES))), {}),
    'strips': ((V, STRIPS), {}),
    'triangles and strips': (
        (V, ('face', LIST, faces(SIDES[:3])), ('tristrips', STRIPS[1], [(tuple(SPLIT[15:]),)])),
        {},
    ),
    'an element of nothing': ((('none', (), [()] * 3), V, T, ('camera', ('float x',), [])), {}),
}


@pytest.mark.parametrize('form', FORMS)
@pytest.mark.parametrize('name', CUBES)
def test_a_cube_is_a_cube(tmp_path, name, form):
    elements, options = CUBES[name]
    check_cube(tmp_path / 'a.ply', ply(form, *elements, **options))


@pytest.mark.parametrize('form', FORMS)
def test_a_sphere_has_its_area_and_volume_wherever_it_is(tmp_path, form):
    places, triangles = icosphere()
    far = [tuple(x + 5e6 for x in place) for place in places]
    content = ply(form, ('vertex', DOUBLES[1], far), ('face', LIST, faces(triangles)))
    check_sphere(tmp_path / 'a.ply', content, 1e-8, 5e6)


@pytest.mark.parametrize('form', FORMS)
def test_clouds(tmp_path, form):
    path = tmp_path / 'a.ply'
    grid = ('range_grid', LIST, [((0,),), ((),), ((1,),)])
    for elements in ((NORMALS,), (V, grid), (V, EDGES), (DOUBLES, ('face', LIST, []))):
        path.write_bytes(ply(form, *elements))
        assert read_points(path).tolist() == [list(map(float, corner)) for corner in CORNERS]


@pytest.mark.parametrize('form', FORMS)
def test_colors_of_vertices_and_faces(tmp_path, form):
    rgb = ('uchar red', 'uchar green', 'uchar blue', 'uchar alpha')
    path = tmp_path / 'a.ply'
    dark = ('vertex', (*XYZ, *rgb), [(*corner, 0, 1, 0, 255) for corner in CORNERS])
    path.write_bytes(ply(form, dark, T))
    assert np.allclose(read_mesh(path).color, (0, 1 / 255, 0))  # nearly black, not green
    path.write_bytes(ply(form, dark, ('face', (*LIST, *rgb), faces(SIDES, 255, 51, 0, 255))))
    assert np.allclose(read_mesh(path).color, (1, 0.2, 0))
    real = ('float red', 'float green', 'float blue')
    path.write_bytes(ply(form, ('vertex', (*XYZ, *real), [(*corner, 1.0, 0.5, 0.0) for corner in CORNERS]), T))
    assert np.allclose(read_mesh(path).color, (1, 0.5, 0))


@pytest.mark.parametrize('form', FORMS)
def test_textures(tmp_path, form):
    picture = np.zeros((8, 8, 3), dtype=np.uint8)
    picture[:4] = 255, 0, 0
    picture[4:] = 0, 0, 255
    (tmp_path / 'my wood.png').write_bytes(png(picture))
    path, named = tmp_path / 'a.ply', 'comment TextureFile my wood.png'
    above = ('face', (*LIST, 'list uchar float texcoord'), [(s, (0.1, 0.9) * 4) for s in SIDES])
    path.write_bytes(ply(form, V, above, remarks=named))
    assert np.allclose(read_mesh(path).color, (1, 0, 0))
    below = ('vertex', (*XYZ, 'float s', 'float t'), [(*corner, 0.5, 0.1) for corner in CORNERS])
    path.write_bytes(ply(form, below, MIXED, remarks=named))
    assert np.allclose(read_mesh(path).color, (0, 0, 1))
    (tmp_path / 'my wood.png').unlink()
    assert np.ptp(read_mesh(path).color) == 0


@pytest.mark.parametrize('form', FORMS)
def test_a_file_that_is_cut_anywhere_is_refused(tmp_path, form):
    for elements in ((V, T), (V, MIXED), (T, V), (V, T, EDGES), (V, STRIPS), (NORMALS,)):
        whole = ply(form, *elements)
        cuts = range(5, len(whole), 7) if form != 'ascii' else [i + 1 for i, c in enumerate(whole) if c == 10][:-1]
        for cut in cuts:
            check_refused(tmp_path / 'a.ply', whole[:cut], readers=(read_soup, read_points))


@pytest.mark.parametrize('form', FORMS)
@pytest.mark.parametrize(
    ('counts', 'words'),
    [
        ({'face': 13}, 'announced'),
        ({'face': 11}, 'bytes follow|are there'),
        ({'vertex': 9}, '.'),
        ({'vertex': 7}, '.'),
        ({'vertex': 10**15}, r'10000000000000\d+ rows'),
        ({'face': 10**15}, r'10000000000000\d+ rows'),
        ({'face': -1}, "header has the line 'element face -1'"),
    ],
)
def test_counts_that_lie_are_refused(tmp_path, form, counts, words):
    check_refused(tmp_path / 'a.ply', ply(form, V, T, counts=counts), words)


@pytest.mark.parametrize(
    ('old', 'new', 'words'),
    [
        (b'ascii', b'binary_middle_endian', 'header has the line'),
        (b'float x', b'float a', 'vertices have no x'),
        (b'float x', b'real x', 'real'),
        (b'element vertex 8\n', b'', '.'),
        (b'element vertex 8\n', b'element face 8\n', '.'),
        (b'ply', b'plx', 'does not begin with ply'),
        (b'end_header', b'', 'no end'),
        (b'list uchar', b'list float', '.'),
        (b'list uchar int vertex_indices', b'int vertex_indices', '.'),
        (b'3 0 1 3', b'3 0 1 8', 'vertex 8, counted from 0, of 8'),
        (b'3 0 1 3', b'3 0 1 1.5', 'no whole number'),
        (b'3 0 4 5', b'3 0 4 0 4 5', "row 5 of 'face' has 6 numbers"),
        (b'0 0 1\n0 1 0\n', b'0 0\n1 0 1 0\n', "row 2 of 'vertex' has 2 numbers"),
        (b'3 0 4 5', b'3 0 4 5 7', '.'),
        (b'3 0 1 3', b'-3 0 1 3', '.'),
        (b'3 0 1 3', b'3.5 0 1 3', '.'),
        (b'3 0 1 3', b'nan 0 1 3', '.'),
        (b'3 0 1 3', b'1e300 0 1 3', '.'),
        (b'0 0 1', b'0 0 1,5', 'decimal commas'),
        (b'0 0 1', b'0 0 nan', 'NaN'),
    ],
)
def test_broken_texts_are_named(tmp_path, old, new, words):
    whole = ply('ascii', V, T)
    assert old in whole
    check_refused(tmp_path / 'a.ply', whole.replace(old, new, 1), words)
