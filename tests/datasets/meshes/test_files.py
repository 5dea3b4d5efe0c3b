"""Files of all formats, with what makes each difficult, and everything that is wrong with some."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh

from tests.datasets.meshes.solids import check_refused, png, read_or_refused, write_bytes
from tests.refusals import refused
from zoo.datasets.meshes.files import read_mesh
from zoo.datasets.meshes.materials import GREY

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
TRIANGLE = 'v 0 0 0\nv 1 0 0\nv 0 1 0\n'


def test_materials_of_a_wavefront_file(tmp_path):
    write_bytes(tmp_path / 'first one.mtl', 'newmtl red\nKd 1 0 0\nnewmtl glass\nKd 0 0 1\nd 0.3\n')
    write_bytes(tmp_path / 'b.mtl', 'newmtl milk\nKd 1 1 1\nTr 0.6\nnewmtl odd\nKd 0 1 0\nd 0\nnewmtl none\nKa 1 1 1\n')
    faces = ''.join(f'g {name}\nusemtl {name}\nf 1 2 3\n' for name in ('red', 'glass', 'milk', 'odd', 'none', 'absent'))
    path = write_bytes(tmp_path / 'a.obj', f'mtllib first one.mtl\r\nmtllib missing.mtl b.mtl\n{TRIANGLE}{faces}')
    item = read_mesh(path)
    found = {
        tuple(np.round(row.astype(float), 2).tolist()): bool(c) for row, c in zip(item.color, item.clear, strict=True)
    }
    assert found == {RED: False, BLUE: True, (1, 1, 1): True, (0, 1, 0): False, (GREY, GREY, GREY): False}


def test_textures_are_looked_up_where_a_triangle_lies(tmp_path):
    picture = np.zeros((128, 128, 4), dtype=np.uint8)
    picture[:64, :64], picture[:64, 64:] = (255, 0, 0, 255), (0, 0, 255, 255)  # above: red and blue
    picture[64:] = (0, 255, 0, 60)  # below: nearly clear green
    write_bytes(tmp_path / 'maps' / 'wood.png', png(picture))
    write_bytes(tmp_path / 'a.mtl', 'newmtl wood\nKd 0 0 0\nmap_Kd -s 1 1 1 maps\\wood.png\n')
    corners = np.array([0.1, 0.6, 0.4, 0.6, 0.2, 0.9, 1.6, 0.6, 1.9, 0.6, 1.7, 0.9, 0.1, -0.9, 0.9, -0.9, 0.5, -0.6])
    texture = ''.join(f'vt {u} {v}\n' for u, v in corners.reshape(-1, 2).tolist())
    faces = ''.join(f'f 1/{k} 2/{k + 1} 3/{k + 2}\n' for k in (1, 4, 7))
    item = read_mesh(write_bytes(tmp_path / 'a.obj', f'mtllib a.mtl\nusemtl wood\n{TRIANGLE}{texture}{faces}'))
    assert np.allclose(item.color, [RED, BLUE, (0, 1, 0)], atol=0.01)  # a texture repeats, and v goes up
    assert item.clear.tolist() == [False, False, True]


def test_a_damaged_texture_or_library_costs_its_color_only(tmp_path):
    (tmp_path / 'wood.png').write_bytes(png(np.full((8, 8, 3), 255))[:40])
    write_bytes(tmp_path / 'a.mtl', 'newmtl wood\nKd 1 0 0\nmap_Kd wood.png\n')
    faces = 'vt 0 0\nusemtl wood\nf 1/1 2/1 3/1\n'
    assert np.allclose(read_mesh(write_bytes(tmp_path / 'a.obj', f'mtllib a.mtl\n{TRIANGLE}{faces}')).color, RED)
    (tmp_path / 'a.mtl').write_bytes(bytes(range(256)))
    assert np.allclose(read_mesh(tmp_path / 'a.obj').color, GREY)


def test_nothing_far_away_is_read_at_the_word_of_a_mesh(tmp_path):
    write_bytes(tmp_path / 'secret.mtl', 'newmtl a\nKd 1 0 0\n')
    write_bytes(tmp_path / 'near/a.mtl', 'newmtl a\nKd 0 0 1\n')
    (tmp_path / 'near' / 'deep').mkdir()
    for name, color in (
        ('../../secret.mtl', GREY),
        (str(tmp_path / 'secret.mtl'), GREY),
        ('../a.mtl', BLUE),
        ('C:\\models\\x\\..\\..\\secret.mtl', GREY),
    ):
        path = write_bytes(tmp_path / 'near/deep/a.obj', f'mtllib {name}\nusemtl a\n{TRIANGLE}f 1 2 3\n')
        assert np.allclose(read_mesh(path).color, color), name


@pytest.mark.parametrize(
    ('name', 'content'),
    [
        ('empty.obj', b''),
        ('blank.off', b' \n\n'),
        ('zeros.stl', bytes(200)),
        ('noise.ply', b'\x89PNG\r\n\x1a\n' + bytes(range(256))),
        ('noise.glb', bytes(range(1, 255))),
        ('words.obj', b'a poem about a chair\n'),
        ('nan.obj', b'v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n'),
        ('flat.obj', b'v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n'),
        ('lines.OBJ', f'{TRIANGLE}l 1 2 3\n'.encode()),
        ('cloud.ply', trimesh.PointCloud(np.eye(3)).export(file_type='ply')),
    ],
)
def test_broken_files_are_named_in_one_line(tmp_path, name, content):
    check_refused(tmp_path / name, content)


def test_other_files_are_refused(tmp_path):
    write_bytes(tmp_path / 'a.txt', TRIANGLE)
    for name, words in (('a.txt', 'known are .obj'), ('none.obj', 'No such file'), ('', 'cannot be read')):
        assert words in refused(read_mesh, tmp_path / name)


LDRAW = (
    '0 Part\n0 BFC CERTIFY CCW\n1 16 0 0 0 1 0 0 0 1 0 0 0 1 sub.dat\n4 4 0 0 0 1 0 0 1 1 0 0 1 0\n'
    '3 16 0 0 0 1 0 0 0 1 0\n'
)
COLLADA = (
    '<COLLADA><asset><unit meter="1"/><up_axis>Z_UP</up_axis></asset><library_geometries><geometry id="g"><mesh>'
    '<source id="s"><float_array id="a" count="9">0 0 0 1 0 0 0 1 0</float_array><technique_common>'
    '<accessor source="#a" count="3" stride="3"/></technique_common></source><vertices id="v">'
    '<input semantic="POSITION" source="#s"/></vertices><triangles count="1">'
    '<input semantic="VERTEX" source="#v" offset="0"/><p>0 1 2</p></triangles></mesh></geometry></library_geometries>'
    '<library_visual_scenes><visual_scene id="w"><node><rotate>1 0 0 90</rotate><instance_geometry url="#g"/></node>'
    '</visual_scene></library_visual_scenes><scene><instance_visual_scene url="#w"/></scene></COLLADA>'
)
VRML = (
    '#VRML V2.0 utf8\nShape { appearance Appearance { material DEF A Material { diffuseColor 1 0 0 } } }\n'
    'Transform { rotation 0 0 1 1 children [ Shape { geometry IndexedFaceSet { coordIndex [0,1,2,-1] '
    'coord Coordinate { point [0 0 0,1 0 0,0 1 0] } } appearance Appearance { material USE A } } ] }'
)
WORDS = ('-1', 'nan', '1e999', '9' * 30, '', '\0', '}', '[', '<', '"', '#', '0x', '-', 'USE A', '<!ENTITY', '\ud800')


@pytest.mark.parametrize('seed', range(40))
@pytest.mark.parametrize(('suffix', 'text'), [('.dat', LDRAW), ('.dae', COLLADA), ('.wrl', VRML)])
def test_files_damaged_in_any_way_are_read_or_refused_in_one_line(tmp_path, suffix, text, seed):
    rng = random.Random(seed)
    write_bytes(tmp_path / 'sub.dat', '3 16 0 0 0 1 0 0 0 0 1\n')
    for number in range(6):
        words = re.split(r'([\s,<>="]+)', text)
        for _ in range(rng.randint(1, 4)):
            kind, here, there = rng.randrange(5), rng.randrange(len(words)), rng.randrange(len(words))
            if kind == 0:
                words[here] = rng.choice(WORDS)
            elif kind == 1:
                words = words[:here] or words
            elif kind == 2:
                words[here], words[there] = words[there], words[here]
            elif kind == 3:
                words[here:here] = words[min(here, there) : max(here, there)] * rng.choice((1, 50))
            else:
                del words[here : here + rng.randint(1, 9)]
            words = words or ['']
        path = tmp_path / f'{number}{suffix}'
        path.write_bytes(''.join(words).encode('utf-8', 'surrogatepass'))
        read_or_refused(path)


@pytest.mark.slow
def test_small_files_take_little_memory(tmp_path):
    command = [sys.executable, str(Path(__file__).with_name('bombs.py')), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=Path.cwd())
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(' s ') == 5 + 3 + 2 * 17
