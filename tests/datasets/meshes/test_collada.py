"""COLLADA: axes, units, nodes, primitives, materials, and hostile files."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.datasets.meshes.solids import CORNERS, SIDES, check_place, check_refused, measures, write_bytes
from tests.shared import shared_file
from zoo.datasets.meshes.files import read_mesh
from zoo.datasets.meshes.materials import GREY

POLYLIST = (
    f'<polylist material="m" count="6"><input semantic="VERTEX" source="#v" offset="0"/><vcount>{"4 " * 6}</vcount>'
    f'<p>{" ".join(str(k) for side in SIDES for k in side)}</p></polylist>'
)
NODE = '<node><instance_geometry url="#g"/></node>'


def document(
    nodes: str = NODE, primitive: str = POLYLIST, axis: str = 'Y_UP', meter: str = '1', more: str = '', head: str = ''
) -> str:
    numbers = ' '.join(str(x) for corner in CORNERS for x in corner)
    return (
        f'<?xml version="1.0"?>{head}<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">'
        f'<asset><unit name="u" meter="{meter}"/><up_axis>{axis}</up_axis></asset>{more}'
        f'<library_geometries><geometry id="g"><mesh><source id="s"><float_array id="a" count="24">{numbers}'
        '</float_array><technique_common><accessor source="#a" count="8" stride="3"/></technique_common></source>'
        '<source id="t"><float_array id="b" count="4">0 0 1 1</float_array><technique_common>'
        '<accessor source="#b" count="2" stride="2"/></technique_common></source>'
        f'<vertices id="v"><input semantic="POSITION" source="#s"/></vertices>{primitive}</mesh></geometry>'
        f'</library_geometries><library_visual_scenes><visual_scene id="w">{nodes}</visual_scene>'
        '</library_visual_scenes><scene><instance_visual_scene url="#w"/></scene></COLLADA>'
    )


def read(tmp_path, text: str):
    return read_mesh(write_bytes(tmp_path / 'scene.dae', text))


def node(inside: str) -> str:
    return f'<node>{inside}<instance_geometry url="#g"/></node>'


@pytest.mark.parametrize(
    ('options', 'low', 'high', 'volume'),
    [
        ({}, (0, 0, 0), (1, 1, 1), 1),
        ({'axis': 'Z_UP', 'meter': '0.01'}, (0, 0, -0.01), (0.01, 0.01, 0), 1e-6),
        ({'axis': 'X_UP'}, (-1, 0, 0), (0, 1, 1), 1),
        ({'nodes': node('<translate>5 0 0</translate><scale>2 1 -1</scale>')}, (5, 0, -1), (7, 1, 0), 2),
        ({'nodes': node('<rotate>0 0 1 90</rotate><translate>1 0 0</translate>')}, (-1, 1, 0), (0, 2, 1), 1),
        ({'nodes': node('<matrix>1 0 0 3 0 1 0 0 0 0 1 0 0 0 0 1</matrix>')}, (3, 0, 0), (4, 1, 1), 1),
        ({'nodes': f'<node><translate>0 0 4</translate>{NODE}</node>{NODE}'}, (0, 0, 0), (1, 1, 5), 2),
        (
            {'more': f'<library_nodes><node id="n">{NODE}</node></library_nodes>',
             'nodes': '<node><instance_node url="#n"/></node>'},
            (0, 0, 0), (1, 1, 1), 1,
        ),
        (
            {'more': '<library_controllers><controller id="c"><skin source="#g"><bind_shape_matrix>2 0 0 0 0 2 0 0 0 0 '
             '2 0 0 0 0 1</bind_shape_matrix></skin></controller></library_controllers>',
             'nodes': '<node><instance_controller url="#c"/></node>'},
            (0, 0, 0), (2, 2, 2), 8,
        ),
    ],
)  # fmt: skip
def test_parts_stand_where_nodes_axis_and_unit_put_them(tmp_path, options, low, high, volume):
    check_place(read(tmp_path, document(**options)), low, high, volume)


VERTEX = '<input semantic="VERTEX" source="#v" offset="0"/>'


@pytest.mark.parametrize(
    ('primitive', 'faces'),
    [
        (f'<triangles>{VERTEX}<p>0 1 3 0 3 2</p></triangles>', 2),
        (f'<tristrips>{VERTEX}<p>0 1 2 3</p><p>4 5 6</p></tristrips>', 3),
        (f'<trifans>{VERTEX}<p>0 1 3 2</p><p>4 6 7</p></trifans>', 3),
        (f'<polygons>{VERTEX}<p>0 1 3 2</p><p>4 6 7</p></polygons>', 3),
        (f'<triangles>{VERTEX}<input semantic="NORMAL" source="#x" offset="1"/><p>0 9 1 9 3 9</p></triangles>', 1),
        (f'<lines>{VERTEX}<p>0 1</p></lines><triangles>{VERTEX}<p>0 1 3</p></triangles>', 1),
    ],
)
def test_every_kind_of_primitive_is_cut_into_triangles(tmp_path, primitive, faces):
    assert len(read(tmp_path, document(primitive=primitive)).mesh.faces) == faces


def materials(diffuse: str, more: str = '') -> str:
    return (
        '<library_images><image id="i"><init_from>../maps/wood%201.png</init_from></image></library_images>'
        '<library_effects><effect id="e"><profile_COMMON><newparam sid="f"><surface><init_from>i</init_from></surface>'
        '</newparam><newparam sid="p"><sampler2D><source>f</source></sampler2D></newparam><technique sid="c"><phong>'
        f'<diffuse>{diffuse}</diffuse>{more}</phong></technique></profile_COMMON></effect></library_effects>'
        '<library_materials><material id="k"><instance_effect url="#e"/></material></library_materials>'
    )


BOUND = (
    '<node><instance_geometry url="#g"><bind_material><technique_common><instance_material symbol="m" target="#k"/>'
    '</technique_common></bind_material></instance_geometry></node>'
)


@pytest.mark.parametrize(
    ('more', 'clear'),
    [
        ('', False),
        (
            '<transparent opaque="A_ONE"><color>1 1 1 1</color></transparent><transparency><float>0.3</float>'
            '</transparency>',
            True,
        ),
        ('<transparent opaque="RGB_ZERO"><color>0.9 0.9 0.9 1</color></transparent>', True),
        ('<transparent><color>0 0 0 1</color></transparent><transparency><float>0</float></transparency>', False),
    ],
)  # fmt: skip
def test_colors_come_from_the_bound_material(tmp_path, more, clear):
    item = read(tmp_path, document(BOUND, more=materials('<color>1 0 0 1</color>', more)))
    assert np.allclose(item.color, (1, 0, 0))
    assert item.clear.all() == clear == item.clear.any()


def test_textures_are_looked_up_beside_the_file(tmp_path):
    (tmp_path / 'maps').mkdir()
    (tmp_path / 'meshes').mkdir()
    Image.new('RGB', (4, 4), (0, 0, 255)).save(tmp_path / 'maps' / 'wood 1.png')
    spots = '<input semantic="TEXCOORD" source="#t" offset="1" set="0"/>'
    primitive = f'<triangles material="m">{VERTEX}{spots}<p>0 0 1 1 3 1</p></triangles>'
    text = document(BOUND, primitive, more=materials('<texture texture="p" texcoord="u"/>'))
    assert np.allclose(read(tmp_path / 'meshes', text).color, (0, 0, 1))
    assert np.allclose(read(tmp_path, text).color, GREY)


CHAIN = ''.join(
    f'<node id="n{k}"><instance_node url="#n{k + 1}"/><instance_node url="#n{k + 1}"/></node>' for k in range(40)
)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('<COLLADA>', 'no element found'),
        (document(nodes=''), 'holds no triangles'),
        ('<svg/>', 'its first element is svg'),
        (document(axis='W_UP'), 'up axis'),
        (document(meter='-1'), 'unit'),
        (document(meter='wide'), 'could not convert'),
        (document(primitive=POLYLIST.replace('<p>0', '<p>99')), 'names vertex 99'),
        (document(primitive=POLYLIST.replace('4 4 4 4 4 4', '4 4')), 'announces 8 corners, 24'),
        (document(primitive=POLYLIST.replace('#v', '#none')), 'no positions'),
        (document(primitive=POLYLIST.replace('offset="0"', 'offset="99999999"')), 'do not come by'),
        (document(node('<matrix>1 2 3</matrix>')), '3 finite numbers'),
        (document(node('<scale>nan 1 1</scale>')), 'finite numbers'),
        (document('<node id="n"><instance_node url="#n"/></node>'), 'one within itself'),
        (
            document('<node><instance_node url="#n0"/></node>', more=f'<library_nodes>{CHAIN}</library_nodes>'),
            'places more',
        ),
        (document(head='<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]>', axis='&c;'), 'declares a document'),
        (document(head='<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>', axis='&b;'), 'declares a document'),
        (document('<node>' * 200_000), 'mismatched tag'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(tmp_path, text, message):
    check_refused(tmp_path / 'scene.dae', text, message)


def test_nodes_may_be_deep(tmp_path):
    item = read(tmp_path, document('<node>' * 50_000 + NODE + '</node>' * 50_000))
    assert len(item.mesh.faces) == 12


@pytest.mark.parametrize('name', ['chr_beardo4', 'nist_maze_wall_120', 'obj_bench2', 'obj_dogstand', 'plate_1_logo'])
def test_files_as_their_publishers_ship_them(name):
    item = read_mesh(shared_file('data', 'samples', 'dae', f'{name}.dae'))
    low, high = item.mesh.vertices.min(axis=0), item.mesh.vertices.max(axis=0)
    assert measures(item.mesh.vertices, item.mesh.faces)[2] > 0
    if name != 'plate_1_logo':
        assert low[1] == pytest.approx(0, abs=0.06)  # they stand on the floor, with y up
        assert high[1] > 1
