from __future__ import annotations

import numpy as np
import pytest

from tests.datasets.layouts.writers_modelnet import FACES, write_off
from zoo.datasets.layouts.off import read_off
from zoo.datasets.meshes.mesh import face_areas
from zoo.errors import UsageError

SIDES = np.array([1.0, 2.0, 4.0])
BODY = '0 0 0\n1 0 0\n1 1 0\n0 1 0\n'


def read(tmp_path, text):
    path = tmp_path / 'a.off'
    path.write_text(text)
    return read_off(path)


@pytest.mark.parametrize('broken_header', [False, True])
def test_both_first_lines_are_read(tmp_path, broken_header):
    path = tmp_path / 'box.off'
    write_off(path, SIDES, broken_header)
    assert path.read_text().startswith('OFF8 12 0\n' if broken_header else 'OFF\n8 12 0\n')
    mesh = read_off(path)
    assert mesh.vertices.max(axis=0).tolist() == [10, 40, 20]  # the axes of the file, z up
    assert np.array_equal(mesh.faces, FACES)
    assert face_areas(mesh.vertices, mesh.faces).sum() == pytest.approx(2 * (400 + 200 + 800))


@pytest.mark.parametrize(
    'text',
    [
        f'OFF 4 1 0\n{BODY}4 0 1 2 3\n',
        f'OFF\n# a comment\n4 2 0 # another\n\n{BODY}\n3 0 1 2 255 0 0\n3 0 2 3 0 255 0\n',
        f'OFF\r\n4 2 5\r\n{BODY}3 0 1 2\n3 0 2 3',
        f'\nOFF\n4 2 0\n{BODY}3 0 1 2\n3 0 2 3\nwhat follows is passed over\n',
    ],
)
def test_polygons_colours_comments_and_line_ends(tmp_path, text):
    mesh = read(tmp_path, text)
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3]]
    assert face_areas(mesh.vertices, mesh.faces).sum() == 1


def test_a_pentagon_is_three_triangles(tmp_path):
    mesh = read(tmp_path, f'OFF\n5 1 0\n{BODY}-1 0.5 0\n5 0 1 2 3 4\n')
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3], [0, 3, 4]]


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('', 'does not begin with OFF'),
        ('ply\n', 'does not begin with OFF'),
        ('OFF\n4 2', 'ends within its first lines'),
        ('OFF\n4 two 0\n', 'cannot be read as an OFF mesh'),
        ('OFF\n0 0 0\n', '0 vertices and 0 faces'),
        ('OFF\n-4 2 0\n', '-4 vertices'),
        (f'OFF\n4 2 0\n{BODY}3 0 1 2\n', 'cut off: at least 20 numbers are needed and there are 16'),
        ('OFF\n999999999999 999999999999 0\n0 0 0\n', 'cut off'),
        (f'OFF\n4 1 0\n{BODY}3 0 1 4\n', 'names vertex 4 of 4'),
        (f'OFF\n4 1 0\n{BODY}3 0 1 -1\n', 'names vertex'),
        (f'OFF\n4 1 0\n{BODY}4 0 1 2\n', 'fewer vertices than it says'),
        (f'OFF\n4 1 0\n{BODY}3 0 1 x\n', 'cannot be read as an OFF mesh'),
        (f'OFF\n4 1 0\n{BODY}2 0 1 2\n', 'announced'),
        (f'OFF\n4 1 0\n{BODY}99999999999999999999999 0 1 2\n', 'cannot be read as an OFF mesh'),
        ('OFF\n4 1 0\n0 0 0\n1 0 0\n1 nan 0\n0 1 0\n3 0 1 2\n', 'NaN or infinity among its vertices'),
        ('OFF\n4 1 0\n0 0 0\n1 0 0\n1 1e999 0\n0 1 0\n3 0 1 2\n', 'NaN or infinity among its vertices'),
        (f'OFF\n4 1 0\n{BODY}3 0 1 1\n', 'no face with an area'),
    ],
)
def test_broken_files_are_named(tmp_path, text, reason):
    with pytest.raises(UsageError) as error:
        read(tmp_path, text)
    message = str(error.value)
    assert message.startswith(str(tmp_path / 'a.off'))
    assert message.endswith('fetch it again')
    assert reason in message
    assert '\n' not in message


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r'b\.off cannot be read \(No such file'):
        read_off(tmp_path / 'b.off')
