"""STL files written here byte by byte; area, volume and number of triangles are known without a reader."""

from __future__ import annotations

import struct

import pytest

from tests.datasets.meshes.solids import CORNERS, TRIANGLES, check_cube, check_refused, check_sphere, icosphere


def binary(places=CORNERS, faces=TRIANGLES, head=b'made by hand', count=None) -> bytes:
    rows = b''.join(struct.pack('<12fH', 0, 0, 0, *(x for k in face for x in places[k]), 7) for face in faces)
    return head.ljust(80, b'\0') + struct.pack('<I', len(faces) if count is None else count) + rows


def text(places=CORNERS, faces=TRIANGLES, name='vertex normal solid endsolid facet') -> str:
    rows = ''.join(
        '  facet normal 0 0 0\n    outer loop\n'
        + ''.join(f'      vertex {" ".join(map(repr, places[k]))}\n' for k in face)
        + '    endloop\n  endfacet\n'
        for face in faces
    )
    return f'solid {name}\n{rows}endsolid {name}\n'


CUBES = {
    'binary': binary(),
    'binary that begins with solid': binary(head=b'solid facet normal 0 0 0 outer loop vertex'),
    'binary, padded': binary() + bytes(10),
    'text': text().encode(),
    'large letters': text().upper().encode(),
    'windows': text().replace('\n', '\r\n').encode(),
    'byte order mark': ('\ufeff' + text()).encode(),
    'indented by tabs': text().replace('  ', '\t').encode(),
    'science': text().replace('vertex 1', 'vertex +1.0e+000').encode(),
    'several solids': (text(faces=TRIANGLES[:5]) + '\n' + text(faces=TRIANGLES[5:], name='')).encode(),
    'an empty solid too': ('solid a\nendsolid a\n' + text()).encode(),
}


@pytest.mark.parametrize('name', CUBES)
def test_a_cube_is_a_cube(tmp_path, name):
    check_cube(tmp_path / 'a.STL', CUBES[name])


def test_a_sphere_has_its_area_and_volume(tmp_path):
    check_sphere(tmp_path / 'a.stl', binary(*icosphere()), 1e-6)
    check_sphere(tmp_path / 'a.stl', text(*icosphere()))


def test_a_file_that_is_cut_anywhere_is_refused(tmp_path):
    several = CUBES['several solids']
    lines = [i + 1 for i, c in enumerate(several) if c == 10][:-1]
    pieces = [several[:k] for k in lines if not several[:k].rstrip().endswith(b'endsolid facet')]
    pieces += [binary()[:k] for k in range(1, len(binary()), 13)]
    pieces += [CUBES['binary that begins with solid'][:k] for k in range(1, len(binary()), 13)]
    for piece in pieces:
        check_refused(tmp_path / 'a.stl', piece)


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        (binary(count=11), '11 triangles are announced, 12 are there'),
        (binary(count=13), '13 triangles are announced, 12 are there'),
        (binary(count=2**32 - 1), '4294967295 triangles are announced, 12 are there'),
        (binary(head=b'solid', count=2), '2 triangles are announced, 12 are there'),
        (binary(faces=[], count=0), 'holds no triangles'),
        (text().replace('endloop', '', 1).encode(), 'wrong place'),
        (text().replace('outer loop', '', 1).encode(), 'wrong place'),
        (text().replace('      vertex 0 0 0\n', '', 1).encode(), '12 facets are announced, 11 triangles are there'),
        (text().replace('vertex 0 0 0', 'vertex 0 0 0\nvertex 5 5 5', 1), '12 facets are announced, 11 triangles'),
        (text().replace('vertex 0 0 0', 'vertex 0 0', 1).encode(), 'three coordinates'),
        (text().replace('vertex 1 ', 'vertex 1,5 ').encode(), 'decimal commas'),
        (text().replace('vertex 1 ', 'vertex nan ').encode(), 'NaN'),
        (b'solid a\nendsolid a\n', 'holds no triangles'),
        (b'a poem\n', 'begin with solid'),
    ],
)
def test_broken_files_are_named(tmp_path, content, words):
    check_refused(tmp_path / 'a.stl', content, words)
