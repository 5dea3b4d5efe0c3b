"""VRML as KiCad writes it, and as the standard has it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.datasets.meshes.solids import CORNERS, SIDES, check_place, check_refused, write_bytes
from zoo.datasets.meshes.files import read_mesh
from zoo.datasets.meshes.materials import GREY

POINTS = ','.join(' '.join(map(str, corner)) for corner in CORNERS)
INDEX = ',-1,'.join(','.join(map(str, side)) for side in SIDES)
CUBE = f'geometry IndexedFaceSet {{ creaseAngle 0.5 coordIndex [{INDEX}]\ncoord Coordinate {{ point [{POINTS}] }}}}'
HEAD = '#VRML V2.0 utf8\n#kicad StepUp wrl exported\n'
RED = 'appearance Appearance{material DEF RED Material { diffuseColor 1 0 0 transparency 0.5 } }'


def read(tmp_path, scene: str):
    return read_mesh(write_bytes(tmp_path / 'part.wrl', HEAD + scene))


@pytest.mark.parametrize(
    ('scene', 'low', 'high', 'volume'),
    [
        (f'Shape {{ {CUBE} }}', (0, 0, 0), (1, 1, 1), 1),
        (f'Shape {{ {CUBE.replace("creaseAngle 0.5", "ccw FALSE solid TRUE")} }}', (0, 0, 0), (1, 1, 1), -1),
        (f'Transform {{ translation 5 0 0 scale 2 -1 1 children [ Shape {{ {CUBE} }} ] }}', (5, -1, 0), (7, 0, 1), 2),
        (
            f'Transform {{ rotation 0 0 2 1.5707963267948966 center 1 0 0 children Shape {{ {CUBE} }} }}',
            (0, -1, 0), (1, 0, 1), 1,
        ),
        (
            f'DEF a Group {{ children [ DEF b Shape {{ {CUBE} }} Transform {{ translation 0 0 9 children USE b }} ] }}',
            (0, 0, 0), (1, 1, 10), 2,
        ),
        (f'Switch {{ whichChoice 1 choice [ Group {{}} Shape {{ {CUBE} }} ] }}', (0, 0, 0), (1, 1, 1), 1),
        (f'LOD {{ level [ Shape {{ {CUBE} }} Shape {{ {CUBE} }} ] }} ROUTE a.b TO c.d', (0, 0, 0), (1, 1, 1), 1),
        (
            'WorldInfo { title "a } \\" {" info [ "x" "y" ] } Shape { geometry IndexedLineSet {} } '
            f'Shape {{ {CUBE} }}',
            (0, 0, 0), (1, 1, 1), 1,
        ),
        (f'Shape {{ {CUBE.replace("[0,1", "[0,# first } side" + chr(10) + "1")} }}', (0, 0, 0), (1, 1, 1), 1),
    ],
)  # fmt: skip
def test_shapes_stand_where_the_scene_puts_them(tmp_path, scene, low, high, volume):
    item = read(tmp_path, scene)
    check_place(item, low, high, volume)
    assert np.allclose(item.color, GREY)


def test_materials_are_named_once_and_used_again(tmp_path):
    shape = f'Shape {{ {RED} }}\nShape {{ {CUBE} appearance Appearance{{material USE RED }}}}\nShape {{ {CUBE}\n'
    item = read(tmp_path, shape + 'appearance Appearance { material Material { } } }')
    assert item.clear.sum() == 12
    assert np.allclose(item.color[item.clear], (1, 0, 0))
    assert np.allclose(item.color[~item.clear], 0.8)


@pytest.mark.parametrize(
    ('options', 'expected'),
    [
        ('colorPerVertex FALSE', (1, 0, 0)),
        ('colorPerVertex FALSE colorIndex [1 1 1 1 1 1]', (0, 1, 0)),
        (f'colorIndex [{INDEX.replace("0", "7")}]', (0, 0, 1)),
        ('', (1, 0, 0)),
    ],
)
def test_faces_and_vertices_have_colors_of_their_own(tmp_path, options, expected):
    rows = '1 0 0, 0 1 0, 0 0 1, 0 0 1, 0 0 1, 0 0 1, 0 0 1, 0 0 1'
    scene = CUBE.replace('creaseAngle 0.5', f'color Color {{ color [{rows}] }} {options}')
    item = read(tmp_path, f'Shape {{ {scene} }}')
    first = item.color[0]
    assert np.argmax(first) == np.argmax(expected) or not options
    assert first.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ('scene', 'message'),
    [
        ('Shape { geometry Box {} }', 'the geometry Box is not read'),
        (f'Shape {{ {CUBE} ', 'cut off'),
        (f'Shape {{ {CUBE.replace("[0,1", "[9,1")} }}', 'names vertex 9'),
        (f'Shape {{ {CUBE.replace("0 0 1", "0 x 1")} }}', 'could not convert'),
        ('PROTO a [] { }', 'PROTO is not read'),
        ('Inline { url "b.wrl" }', 'Inline is not read'),
        ('12', "'12' stands where a node should be"),
        ('DEF a Group { children [ USE a USE a ] }', 'holds no triangles'),
        ('Group { children ' * 20000, 'too deep'),
        ('Transform { translation 1 2 children Group {} }', 'Transform has 2 numbers as translation'),
        (
            'DEF n0 Group {}' + ''.join(f'DEF n{k + 1} Group {{ children [ USE n{k} USE n{k} ] }}' for k in range(40)),
            'places more than',
        ),
        (
            f'DEF n0 Shape {{ {CUBE} }}'
            + ''.join(f'DEF n{k + 1} Group {{ children [ USE n{k} USE n{k} USE n{k} USE n{k} ] }}' for k in range(12)),
            'places more than',
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(tmp_path, scene, message):
    check_refused(tmp_path / 'part.wrl', HEAD + scene, message)


def test_version_1_is_another_language(tmp_path):
    check_refused(tmp_path / 'part.wrl', '#VRML V1.0 ascii\nSeparator {}', r'only VRML V2\.0 is read')
