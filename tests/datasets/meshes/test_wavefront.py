"""OBJ files as strangers write them; the right area, volume and number of triangles are known without a reader."""

from __future__ import annotations

import contextlib
import re
import time

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
    measures,
)
from zoo.datasets.meshes.beside import Beside
from zoo.datasets.meshes.files import read_mesh
from zoo.datasets.meshes.wavefront import parse_obj
from zoo.hub.point_files import read_points

VERTICES = [f'v {x} {y} {z}' for x, y, z in CORNERS]
FACES = [f'f {a + 1} {b + 1} {c + 1}' for a, b, c in TRIANGLES]
SQUARES = ['f ' + ' '.join(str(k + 1) for k in side) for side in SIDES]
PLAIN = '\n'.join(VERTICES + FACES)


def nothing(name: str) -> bytes:
    raise FileNotFoundError(name)


def parsed(text: str):
    return parse_obj(text.encode(), Beside(nothing))


def corners(form: str) -> str:
    """Faces whose corners are written as a form of the index."""
    rows = [' '.join(form.format(k + 1, k - 8) for k in face) for face in TRIANGLES]
    return '\n'.join([*VERTICES, *['vt 0 0'] * 8, *['vn 0 0 1'] * 8, *(f'f {row}' for row in rows)])


def mixed(*forms: str) -> str:
    """Statements that are written in turns."""
    rows = VERTICES + FACES
    return '\n'.join(forms[i % len(forms)].format(*row.split(None, 1)) for i, row in enumerate(rows))


CUBES = {
    'plain': PLAIN,
    'squares': '\n'.join(VERTICES + SQUARES),
    'triangles and squares': '\n'.join(VERTICES + FACES[:6] + SQUARES[3:]),
    'tabs': mixed('{}\t{}'),
    'tabs and blanks': mixed('{}\t{}', '{} {}'),
    'indented': mixed('  {} {}', '\t{}\t{}', '{} {}'),
    'many blanks': mixed('{}    {}   ', '{} {}'),
    'byte order mark': '\ufeff' + PLAIN,
    'windows': PLAIN.replace('\n', '\r\n'),
    'old macintosh': PLAIN.replace('\n', '\r'),
    'last line end': PLAIN + '\n\n',
    'goes on below': mixed('{} \\\n {}', '{} {}').replace(' 1\nf', ' \\\n\t1\nf'),
    'goes on and on': '\n'.join(VERTICES + [row.replace(' ', ' \\\n') for row in SQUARES]),
    'remarks': mixed('{} {} # f 1 2 3', '{} {}#x'),
    'a remark that ends in a backslash': '# C:\\models\\\n' + PLAIN,
    'a name that ends in a backslash': f'g C:\\\n{PLAIN}',
    'from the end': corners('{1}'),
    'from the end, while there are more': '\n'.join(
        [*VERTICES, *(f'f {a - 8 - i} {b - 8 - i} {c - 8 - i}\nv 9 9 9' for i, (a, b, c) in enumerate(TRIANGLES))]
    ),
    'place': corners('{0}/{0}'),
    'place and normal': corners('{0}/{0}/{0}'),
    'normal': corners('{0}//{0}'),
    'no place': corners('{0}/'),
    'from the end, with all': corners('{1}/{1}/{1}'),
    'wrong places of textures': corners('{0}/99/-99'),
    'faces first': '\n'.join(FACES + VERTICES),
    'turns of vertices and faces': '\n'.join([*VERTICES, *[f'{face}\nv 9 9 9' for face in FACES]]),
    'colors': '\n'.join([f'{row} 1 0.5 0' for row in VERTICES] + FACES),
    'some colors': '\n'.join([f'{row} 1 0 0' for row in VERTICES[:4]] + VERTICES[4:] + FACES),
    'weights': '\n'.join([f'{row} 1.0' for row in VERTICES] + FACES),
    'science': PLAIN.replace('v 1', 'v +1.0E+00').replace('v 0', 'v -0e-5'),
    'groups': '\n'.join([*VERTICES, *(f'g part {i % 2}\ns off\n{row}' for i, row in enumerate(FACES))]),
    'objects of one name': '\n'.join([*VERTICES, *(f'o cube\nusemtl a b\n{row}' for row in FACES)]),
    'statements that are not known': '\n'.join([*VERTICES, 'mg 1', 'foo f 1 2 3', 'vp 0.1', 'l 1 2', 'p 1', *FACES]),
    'old faces': PLAIN.replace('f ', 'fo '),
    'other letters': f'o стол 桌子\nusemtl größe\n{PLAIN}\n# ümlaut',
    'curves beside': '\n'.join([*VERTICES, 'cstype bezier', 'curv 0 1 1 2 3', 'end', *FACES]),
}


@pytest.mark.parametrize('name', CUBES)
def test_a_cube_is_a_cube(tmp_path, name):
    check_cube(tmp_path / 'a.obj', CUBES[name])


@pytest.mark.parametrize('encoding', ['utf-16', 'latin-1'])
def test_other_encodings(tmp_path, encoding):
    check_cube(tmp_path / 'a.obj', f'o größe\n{PLAIN}'.encode(encoding))


def test_a_sphere_has_its_area_and_volume(tmp_path):
    places, faces = icosphere()
    rows = [f'v {x!r} {y!r} {z!r}' for x, y, z in places] + [f'f {a + 1} {b + 1} {c + 1}' for a, b, c in faces]
    check_sphere(tmp_path / 'a.obj', '\n'.join(rows))


def test_dented_polygons_are_not_filled():
    comb = [(0, 0), (9, 0)] + [(9 - k, 5 if k % 2 else 1) for k in range(10)]
    rows = [f'v {x} {y} 7' for x, y in comb]
    soup = parsed('\n'.join([*rows, 'f ' + ' '.join(str(k + 1) for k in range(len(comb)))]))
    x, y = np.array(comb, dtype=float).T
    outline = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2  # the formula of the shoelace
    assert measures(soup.vertices, soup.faces)[:2] == pytest.approx((len(comb) - 2, outline))


def test_colors_of_vertices_and_of_unknown_materials():
    assert np.allclose(parsed(CUBES['colors']).color, (1, 0.5, 0))
    assert np.allclose(parsed(f'usemtl gone\n{CUBES["colors"]}').color, (1, 0.5, 0))
    assert np.allclose(parsed(CUBES['colors'].replace('1 0.5 0', '255 127.5 0')).color, (1, 0.5, 0))
    assert np.ptp(parsed(CUBES['some colors']).color) == 0
    cloud = parsed('\n'.join(f'{row} 255 0 0' for row in VERTICES))
    assert cloud.vertices.tolist() == [list(map(float, corner)) for corner in CORNERS]


def test_many_materials_keep_to_their_faces(tmp_path):
    count = 300
    names = ''.join(f'newmtl m{k}\nKd {k / count} 0 0\n' for k in range(count))
    (tmp_path / 'a.mtl').write_text(names)
    order = np.random.default_rng(0).integers(0, count, 900)
    faces = ''.join(f'usemtl m{k}\nf 1 2 3\n' for k in order)
    (tmp_path / 'a.obj').write_text('mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\n' + faces)
    assert np.allclose(read_mesh(tmp_path / 'a.obj').color[:, 0], order / count, atol=1 / 255)


BROKEN = [
    (PLAIN + '\nf 1 2 9', 'vertex 8, counted from 0, of 8'),
    (PLAIN + '\nf 1 2 0', 'vertex -1'),
    (PLAIN + '\nf 1 2 -9', 'vertex -1'),
    (PLAIN + '\nf 1 2', 'a face has 2 corners'),
    (PLAIN + '\nf', 'a face has 0 corners'),
    (PLAIN + '\nv 1 2', 'three coordinates'),
    (PLAIN + '\n1 2 3', "begins with '1'"),
    (PLAIN + '\nf 1 2 3.5', "'3.5'"),
    (PLAIN + '\nf a b c', "'a'"),
    (PLAIN.replace('v 1 ', 'v 1,0 '), 'decimal commas'),
    (PLAIN.replace('\nf 1', '\0\0\nf 1', 1), 'NUL'),
    (PLAIN + '\0' * 100, 'NUL'),
    (PLAIN + '\nf 1 2 99999999999999999999', 'large'),
    ('\n'.join([*VERTICES, 'cstype bezier', 'surf 0 1 0 1 1 2 3 4', 'end']), "'surf' is not read"),
    ('\n'.join([*VERTICES, 'surf 0 1 0 1 1 2 3 4', *FACES]), "'surf' is not read"),
    ('\n'.join([*VERTICES, 'curv 0 1 1 2 3', 'end']), "'curv' is not read"),
    (PLAIN + '\ncall more.obj', "'call' is not read"),
]


@pytest.mark.parametrize(('text', 'reason'), BROKEN)
def test_broken_files_are_named(tmp_path, text, reason):
    check_refused(tmp_path / 'a.obj', text, re.escape(reason), (read_mesh, read_points))


BLANK = {
    'after mtllib': ('mtllib', ' ', ''),
    'after mtllib, then a word': ('mtllib', ' ', 'x'),
    'in a face': ('f 1', '\t', ''),
    'before a remark': ('v 0 0 0', ' ', '#'),
    'lines': (PLAIN, '\n', ''),
    'lines of mtllib': ('', 'mtllib \n', ''),
    'names of materials': ('', 'usemtl \\\n', ''),
    'goes on': ('f', ' \\\n', ''),
    'slashes': ('f ', '/', ''),
}


@pytest.mark.parametrize('name', BLANK)
def test_ten_times_the_blanks_take_ten_times_as_long(name):
    before, blank, behind = BLANK[name]

    def seconds(times: int) -> float:
        data = (before + blank * times + behind).encode()
        start = time.process_time()
        with contextlib.suppress(ValueError):
            parse_obj(data, Beside(nothing))
        return time.process_time() - start

    seconds(1000)
    assert seconds(400_000) < 25 * max(seconds(40_000), 0.01)
