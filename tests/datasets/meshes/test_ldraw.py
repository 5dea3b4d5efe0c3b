"""LDraw parts: placements, winding, colors, and what is wrong with some."""

from __future__ import annotations

import numpy as np
import pytest

from tests.datasets.meshes.solids import CORNERS, SIDES, measures
from tests.refusals import refused
from tests.shared import shared_file
from zoo.datasets.meshes.files import read_mesh
from zoo.datasets.meshes.materials import GREY

IDENTITY = '1 0 0 0 1 0 0 0 1'


def square(side, color=16, clockwise=False) -> str:
    corners = [CORNERS[k] for k in (reversed(side) if clockwise else side)]
    return f'4 {color} ' + ' '.join(str(x) for corner in corners for x in corner)


def library(tmp_path, **files: str):
    for name, text in {
        'p__cube': '0 Cube\n0 BFC CERTIFY CCW\n' + '\n'.join(square(side) for side in SIDES),
        **files,
    }.items():
        path = tmp_path / f'{name.replace("__", "/")}.dat'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / 'parts' / 'part.dat'


@pytest.mark.parametrize(
    ('lines', 'volume'),
    [
        (f'1 16 0 0 0 {IDENTITY} cube.dat', 1),
        (f'1 16 5 0 0 2 0 0 0 3 0 0 0 4 CUBE.DAT\n1 16 0 0 0 {IDENTITY} cube.dat', 25),
        ('1 16 0 0 0 -1 0 0 0 1 0 0 0 1 cube.dat', 1),
        ('0 BFC CERTIFY CCW\n0 BFC INVERTNEXT\n1 16 0 0 0 1 0 0 0 1 0 0 0 1 cube.dat', -1),
        ('0 BFC INVERTNEXT\n1 16 0 0 0 1 0 0 0 -1 0 0 0 1 cube.dat', -1),
        ('0 BFC INVERTNEXT\n\n2 24 0 0 0 1 1 1\n1 16 0 0 0 1 0 0 0 1 0 0 0 1 cube.dat', 1),
        ('0 BFC CERTIFY CW\n' + '\n'.join(square(side, clockwise=True) for side in SIDES), 1),
        ('0 BFC CW\n0 BFC CCW\n' + '\n'.join(square(side) for side in SIDES), 1),
        ('1 16 0 0 0 1 0 0 0 1 0 0 0 1 s\\sub.dat', 1),
    ],
)
def test_parts_wind_as_their_lines_say(tmp_path, lines, volume):
    path = library(tmp_path, parts__part=f'0 Title\n{lines}\n', parts__s__sub=f'1 16 0 0 0 {IDENTITY} cube.dat\r\n')
    item = read_mesh(path)
    assert measures(item.mesh.vertices, item.mesh.faces)[2] == pytest.approx(volume)


def test_down_is_turned_up_and_colors_come_from_the_library(tmp_path):
    path = library(
        tmp_path,
        parts__part=f'1 4 0 -9 0 {IDENTITY} cube.dat\n1 0x20000FF 9 0 0 {IDENTITY} cube.dat\n'
        f'1 47 0 9 0 {IDENTITY} cube.dat\n1 16 0 0 9 {IDENTITY} cube.dat',
    )
    (tmp_path / 'LDConfig.ldr').write_text(
        '0 !COLOUR Red CODE 4 VALUE #FF0000 EDGE #000000\n'
        '0 !COLOUR Trans_Clear CODE 47 VALUE #00FF00 EDGE #000000 ALPHA 128\n'
        '0 !COLOUR Main_Color CODE 16 VALUE #FFFF80 EDGE #333333\n'
    )
    item = read_mesh(path)
    middle = item.mesh.vertices[item.mesh.faces].mean(axis=1)
    seen = {
        'above': middle[:, 1] > 5, 'right': middle[:, 0] > 5, 'below': middle[:, 1] < -5, 'behind': middle[:, 2] < -5,
    }  # fmt: skip
    expected = {'above': (1, 0, 0), 'right': (0, 0, 1), 'below': (0, 1, 0), 'behind': (GREY,) * 3}
    for place, here in seen.items():
        assert here.sum() == 12
        assert np.allclose(item.color[here], expected[place]), place
    assert item.clear.sum() == 12
    assert item.clear[seen['below']].all()


@pytest.mark.parametrize(
    ('line', 'message'),
    [
        (f'1 16 0 0 0 {IDENTITY} part.dat', 'part.dat is within itself'),
        (f'1 16 0 0 0 {IDENTITY} s/loop.dat', 'loop.dat is within itself'),
        (f'1 16 0 0 0 {IDENTITY} none.dat', 'none.dat is not there: unpack the whole library'),
        (f'1 16 0 0 0 {IDENTITY} ../../outside.dat', 'is not there'),
        ('1 16 0 0 0 1 0 0', 'a placement with 8 words'),
        ('3 16 0 0 0 1 0 0', 'a line of kind 3 with 8 words'),
        ('3 16 0 0 0 1 0 0 0 1 x', 'could not convert'),
        ('3 red 0 0 0 1 0 0 0 1 0', "'red' is no whole number"),
        ('3 16 0 0 nan 1 0 0 0 1 0', 'NaN'),
        ('0 nothing', 'holds no triangles'),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, line, message):
    path = library(tmp_path, parts__part=f'0 Title\n{line}\n', parts__s__loop=f'1 16 0 0 0 {IDENTITY} s\\loop.dat')
    assert message in refused(read_mesh, path)


def test_a_million_copies_of_copies_are_refused_before_they_are_made(tmp_path):
    parts = {f'p__n{k}': '\n'.join([f'1 16 {x} 0 0 {IDENTITY} n{k + 1}.dat' for x in range(10)]) for k in range(7)}
    path = library(tmp_path, parts__part=f'1 16 0 0 0 {IDENTITY} n0.dat', **parts, p__n7=square(SIDES[0]))
    assert 'again and again' in refused(read_mesh, path)


def test_a_deep_chain_of_parts_is_refused(tmp_path):
    parts = {f'p__n{k}': f'1 16 0 0 0 {IDENTITY} n{k + 1}.dat' for k in range(200)}
    path = library(tmp_path, parts__part=f'1 16 0 0 0 {IDENTITY} n0.dat', **parts, p__n200=square(SIDES[0]))
    assert '64 deep' in refused(read_mesh, path)


@pytest.mark.parametrize(
    ('name', 'low', 'high'), [('3001', (-40, -24, -20), (40, 4, 20)), ('3957a', (-8, -8, -8), (8, 88, 8))]
)
def test_parts_as_their_publisher_ships_them(name, low, high):
    item = read_mesh(shared_file('data', 'samples', 'ldraw', 'parts', f'{name}.dat'))
    assert item.mesh.vertices.min(axis=0) == pytest.approx(low)
    assert item.mesh.vertices.max(axis=0) == pytest.approx(high)
    assert measures(item.mesh.vertices, item.mesh.faces)[2] > 0
