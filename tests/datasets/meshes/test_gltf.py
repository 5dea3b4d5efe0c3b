"""glTF files written here byte by byte; area, volume and number of triangles are known without a reader."""

from __future__ import annotations

import base64
import copy
import io
import json
import struct

import numpy as np
import pytest
from PIL import Image

from tests.datasets.meshes.solids import (
    CORNERS,
    TRIANGLES,
    check_cube,
    check_refused,
    check_sphere,
    icosphere,
    measures,
    write_bytes,
)
from zoo.datasets.meshes.files import read_mesh, read_soup
from zoo.hub.point_files import read_points

TYPES = {'b': 5120, 'B': 5121, 'h': 5122, 'H': 5123, 'I': 5125, 'f': 5126}
KINDS = {1: 'SCALAR', 2: 'VEC2', 3: 'VEC3', 4: 'VEC4'}


class Maker:
    """A file with one mesh after another."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.tree: dict = {'asset': {'version': '2.0'}, 'bufferViews': [], 'accessors': [], 'meshes': [], 'nodes': []}
        self.tree |= {'scenes': [{'nodes': []}], 'scene': 0}

    def view(self, content: bytes, **more) -> int:
        self.data += bytes(-len(self.data) % 4)
        place = {'buffer': 0, 'byteOffset': len(self.data), 'byteLength': len(content)}
        self.tree['bufferViews'].append(place | more)
        self.data += content
        return len(self.tree['bufferViews']) - 1

    def rows(self, rows, letter: str = 'f', **more) -> int:
        width = len(rows[0]) if rows else 3
        content = struct.pack(f'<{len(rows) * width}{letter}', *(x for row in rows for x in row))
        accessor = {'bufferView': self.view(content), 'componentType': TYPES[letter], 'count': len(rows)}
        return self.add('accessors', accessor | {'type': KINDS[width]} | more)

    def add(self, kind: str, item: dict) -> int:
        self.tree.setdefault(kind, []).append(item)
        return len(self.tree[kind]) - 1

    def mesh(self, *primitives: dict, **node) -> int:
        mesh = self.add('meshes', {'primitives': list(primitives)})
        self.tree['scenes'][0]['nodes'].append(self.add('nodes', {'mesh': mesh} | node))
        return mesh

    def glb(self) -> bytes:
        tree = self.tree | {'buffers': [{'byteLength': len(self.data)}]}
        text = json.dumps(tree).encode()
        text += b' ' * (-len(text) % 4)
        data = bytes(self.data) + bytes(-len(self.data) % 4)
        head = struct.pack('<4sIIII', b'glTF', 2, 28 + len(text) + len(data), len(text), 0x4E4F534A)
        return head + text + struct.pack('<II', len(data), 0x004E4942) + data

    def gltf(self, uri: str = '', **change) -> str:
        """The file as text; its buffer lies within unless a place is given."""
        uri = uri or f'data:;base64,{base64.b64encode(self.data).decode()}'
        return json.dumps({**self.tree, 'buffers': [{'byteLength': len(self.data), 'uri': uri}], **change})


def indexed(maker: Maker, letter: str = 'H', places=CORNERS, faces=TRIANGLES) -> dict:
    index = maker.rows([(k,) for face in faces for k in face], letter)
    return {'attributes': {'POSITION': maker.rows(places)}, 'indices': index}


def cube(**node) -> Maker:
    maker = Maker()
    maker.mesh(indexed(maker), **node)
    return maker


def soup_of(content: bytes | str, folder, name: str = 'a.glb'):
    return read_soup(write_bytes(folder / name, content))


def strips(maker: Maker, mode: int) -> list[dict]:
    """A strip or a fan for every side."""
    place = maker.rows(CORNERS)
    found = []
    for a, b, d in TRIANGLES[::2]:
        c = next(t[2] for t in TRIANGLES if t[:2] == (a, d))
        order = (a, b, c, d) if mode == 5 else (a, b, d, c)
        index = maker.rows([(k,) for k in order], 'B')
        found.append({'attributes': {'POSITION': place}, 'indices': index, 'mode': mode})
    return found


def unindexed(maker: Maker) -> dict:
    return {'attributes': {'POSITION': maker.rows([CORNERS[k] for face in TRIANGLES for k in face])}}


def interleaved(maker: Maker) -> dict:
    content = b''.join(struct.pack('<4x3f12x', *corner) for corner in CORNERS)
    view = maker.view(content, byteStride=28)
    place = {'bufferView': view, 'byteOffset': 4, 'componentType': 5126, 'count': 8, 'type': 'VEC3'}
    return indexed(maker) | {'attributes': {'POSITION': maker.add('accessors', place)}}


def sparse(maker: Maker, base: bool) -> dict:
    """A cube of which half the corners, or all, are stored apart."""
    wrong = [(9, 9, 9) if k % 2 else corner for k, corner in enumerate(CORNERS)]
    place = maker.rows(wrong) if base else maker.add('accessors', {'componentType': 5126, 'count': 8, 'type': 'VEC3'})
    rows = [k for k in range(8) if k % 2 or not base]
    index = maker.view(struct.pack(f'<{len(rows)}H', *rows))
    values = maker.view(b''.join(struct.pack('<3f', *CORNERS[k]) for k in rows))
    maker.tree['accessors'][place]['sparse'] = {
        'count': len(rows),
        'indices': {'bufferView': index, 'componentType': 5123},
        'values': {'bufferView': values},
    }
    return indexed(maker) | {'attributes': {'POSITION': place}}


def quantized(maker: Maker, letter: str) -> dict:
    largest = {'b': 127, 'B': 255, 'h': 32767, 'H': 65535}[letter]
    maker.tree['extensionsRequired'] = ['KHR_mesh_quantization']
    rows = [tuple(largest * x for x in corner) for corner in CORNERS]
    return indexed(maker) | {'attributes': {'POSITION': maker.rows(rows, letter, normalized=True)}}


MADE = {
    'bytes': lambda m: [indexed(m, 'B')],
    'shorts': lambda m: [indexed(m, 'H')],
    'ints': lambda m: [indexed(m, 'I')],
    'no indices': lambda m: [unindexed(m)],
    'strips': lambda m: strips(m, 5),
    'fans': lambda m: strips(m, 6),
    'interleaved': lambda m: [interleaved(m)],
    'sparse': lambda m: [sparse(m, True)],
    'sparse of nothing': lambda m: [sparse(m, False)],
    'quantized bytes': lambda m: [quantized(m, 'B')],
    'quantized signed bytes': lambda m: [quantized(m, 'b')],
    'quantized shorts': lambda m: [quantized(m, 'H')],
    'quantized signed shorts': lambda m: [quantized(m, 'h')],
    'two parts': lambda m: [indexed(m, faces=TRIANGLES[:5]), indexed(m, faces=TRIANGLES[5:])],
    'points and lines beside': lambda m: [indexed(m) | {'mode': mode} for mode in (0, 1, 2, 3, 4)],
}


@pytest.mark.parametrize('name', MADE)
def test_a_cube_is_a_cube(tmp_path, name):
    maker = Maker()
    maker.mesh(*MADE[name](maker))
    check_cube(tmp_path / 'a.glb', maker.glb())


def test_a_sphere_has_its_area_and_volume(tmp_path):
    maker = Maker()
    maker.mesh(indexed(maker, 'I', *icosphere()))
    check_sphere(tmp_path / 'a.glb', maker.glb(), 1e-6)


def test_buffers_lie_within_or_beside_and_not_far_away(tmp_path):
    maker = cube()
    within = base64.b64encode(maker.data).decode()
    for folder in ('a/b', 'c'):
        (tmp_path / folder).mkdir(parents=True)
    for place in ('a/my data.bin', 'a/b/x.bin', 'far.bin', 'c/x.bin'):
        (tmp_path / place).write_bytes(maker.data)
    good = [f'data:application/octet-stream;base64,{within}', 'x.bin', './x.bin', '../my%20data.bin', '..\\my data.bin']
    for uri in good:
        assert len(soup_of(maker.gltf(uri), tmp_path / 'a/b', 'a.gltf').faces) == 12, uri
    far = ('../../far.bin', '../../c/y.bin', str(tmp_path / 'far.bin'), 'file:///etc/passwd', 'data:;base64,@')
    for uri in far:
        check_refused(tmp_path / 'a/b/a.gltf', maker.gltf(uri), 'no GLTF file')
    nowhere = [{'byteLength': len(maker.data), 'uri': ''}]
    check_refused(tmp_path / 'a/b/a.gltf', maker.gltf(buffers=nowhere), 'no GLTF file')
    (tmp_path / 'a/b/x.bin').write_bytes(maker.data[:-1])
    check_refused(tmp_path / 'a/b/a.gltf', maker.gltf('x.bin'), 'cut off')


def test_nodes_move_turn_stretch_and_mirror(tmp_path):
    maker = cube(translation=[10, 0, 0], rotation=[0, 0, 2**0.5 / 2, 2**0.5 / 2], scale=[1, 2, 3])
    inner = maker.add('nodes', {'mesh': 0, 'matrix': [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 5, 0, 0, 1]})
    maker.tree['nodes'][0]['children'] = [inner]
    soup = soup_of(maker.glb(), tmp_path)
    first, second = soup.vertices[soup.faces[:12]].reshape(-1, 3), soup.vertices[soup.faces[12:]].reshape(-1, 3)
    # A quarter turn about z puts (x, y, z) at (-y, x, z), after the stretch and before the move.
    assert np.allclose([first.min(axis=0), first.max(axis=0)], [(8, 0, 0), (10, 1, 3)], atol=1e-6)
    assert np.allclose([second.min(axis=0), second.max(axis=0)], [(8, 4, 0), (10, 5, 3)], atol=1e-6)
    assert measures(soup.vertices, soup.faces)[2] == pytest.approx(12)


def test_all_parts_are_found_where_nodes_are_odd(tmp_path):
    maker = cube(name='world')
    for node in ({'name': 'world'}, {'name': ''}, {}, {'camera': 0, 'children': [5]}):
        maker.tree['scenes'][0]['nodes'].append(maker.add('nodes', {'mesh': 0, 'translation': [9, 0, 0]} | node))
    maker.add('nodes', {'mesh': 0, 'translation': [0, 9, 0]})
    maker.add('cameras', {'type': 'perspective', 'perspective': {'yfov': 1, 'znear': 1}})
    soup = soup_of(maker.glb(), tmp_path)
    assert measures(soup.vertices, soup.faces) == pytest.approx((72, 36, 6), rel=1e-5)
    assert soup.vertices.max(axis=0).tolist() == [10, 10, 1]
    for change in ({'scenes': []}, {'scenes': [{'nodes': []}, {'nodes': [0]}], 'scene': 1}):
        soup = soup_of(maker.gltf(**change), tmp_path, 'a.gltf')
        assert len(soup.faces) == (12 if 'scene' in change else 72)


def test_shapes_for_physics_are_not_seen_beside_others(tmp_path):
    maker = cube(name='Door')
    for name in ('door_collider', 'DoorCollider'):
        maker.mesh(unindexed(maker), name=name, scale=[9, 9, 9])
    check_cube(tmp_path / 'a.glb', maker.glb())
    alone = cube(name='door_collider')
    check_cube(tmp_path / 'b.glb', alone.glb())


def test_textures_and_factors(tmp_path):
    maker = Maker()
    part = indexed(maker)
    part['attributes'] |= {'TEXCOORD_0': maker.rows([(0.5, 0.1)] * 8), 'TEXCOORD_1': maker.rows([(0.5, 0.9)] * 8)}
    content = io.BytesIO()
    Image.fromarray(np.array([[(255, 0, 0)], [(0, 0, 255)]] * 1, dtype=np.uint8).repeat(4, 0).repeat(8, 1)).save(
        content, 'webp', lossless=True
    )
    maker.add('images', {'bufferView': maker.view(content.getvalue()), 'mimeType': 'image/webp'})
    maker.add('textures', {'extensions': {'EXT_texture_webp': {'source': 0}}})
    base = {'baseColorTexture': {'index': 0}}
    maker.add('materials', {'pbrMetallicRoughness': base})
    maker.add('materials', {'pbrMetallicRoughness': {'baseColorTexture': {'index': 0, 'texCoord': 1}}})
    older = {'diffuseTexture': {'index': 0}, 'diffuseFactor': [1, 1, 1, 1]}
    maker.add('materials', {'extensions': {'KHR_materials_pbrSpecularGlossiness': older}})
    factor = {'baseColorFactor': [0.5, 0, 0, 0.4]}  # half the light is 0.735
    maker.add('materials', {'pbrMetallicRoughness': factor, 'alphaMode': 'BLEND'})
    for material, color in enumerate([(1, 0, 0), (0, 0, 1), (1, 0, 0), (0.735, 0, 0)]):
        maker.tree['meshes'].clear()
        maker.mesh(part | {'material': material})
        item = read_mesh(write_bytes(tmp_path / 'c.glb', maker.glb()))
        assert np.allclose(item.color, color, atol=0.02)
        assert item.clear.all() == item.clear.any() == (material == 3)


def test_clouds_and_colors(tmp_path):
    maker = Maker()
    maker.mesh({'attributes': {'POSITION': maker.rows(CORNERS)}, 'mode': 0}, translation=[1, 2, 3])
    (tmp_path / 'a.glb').write_bytes(maker.glb())
    assert read_points(tmp_path / 'a.glb').tolist() == [[x + 1, y + 2, z + 3] for x, y, z in CORNERS]
    maker = Maker()
    part = indexed(maker)
    part['attributes']['COLOR_0'] = maker.rows([(65535, 0, 0, 65535)] * 8, 'H', normalized=True)
    maker.mesh(part)
    assert np.allclose(read_mesh(write_bytes(tmp_path / 'c.glb', maker.glb())).color, (1, 0, 0))


def test_a_file_that_is_cut_anywhere_is_refused(tmp_path):
    whole = cube().glb()
    for cut in range(1, len(whole), 9):
        check_refused(tmp_path / 'a.glb', whole[:cut])


def packed(name: str, key: str = 'accessors'):
    def change(tree):
        tree['extensionsRequired'] = tree['extensionsUsed'] = [name]
        if key == 'accessors':
            for accessor in tree['accessors']:
                del accessor['bufferView']
            tree['meshes'][0]['primitives'][0]['extensions'] = {name: {'bufferView': 0, 'attributes': {'POSITION': 0}}}
        elif key:
            tree[key][0]['extensions'] = {name: {}}

    return change


def sets(path: str, value):
    def change(tree):
        *keys, last = (int(key) if key.isdigit() else key for key in path.split('.'))
        for key in keys:
            tree = tree[key]
        tree[last] = value

    return change


BROKEN = [
    (packed('KHR_draco_mesh_compression'), 'Draco'),  # with the package or without
    (packed('EXT_meshopt_compression', 'bufferViews'), 'EXT_meshopt_compression, which is not read: export it without'),
    (packed('KHR_meshopt_compression', 'bufferViews'), 'KHR_meshopt_compression'),
    (packed('EXT_mesh_gpu_instancing', 'nodes'), 'EXT_mesh_gpu_instancing is not read'),
    (packed('XYZ_new', ''), 'the extension XYZ_new is not read'),
    (sets('asset.version', '1.0'), 'glTF 1.0 is not read'),
    (sets('accessors.1.count', 9), 'cut off: 9 rows are announced'),
    (sets('accessors.1.count', 10**12), 'cut off'),
    (sets('accessors.1.count', -1), 'has -1 rows'),
    (sets('accessors.1.count', 7), 'vertex 7, counted from 0, of 7'),
    (sets('accessors.0.count', 37), 'cut off|are no triangles'),
    (sets('accessors.0.count', 35), '35 corners are no triangles'),
    (sets('accessors.1.byteOffset', 4), 'cut off'),
    (sets('accessors.1.byteOffset', -4), 'rows'),
    (sets('bufferViews.1.byteLength', 10**9), 'cut off'),
    (sets('bufferViews.1.byteOffset', -1), 'cut off'),
    (sets('bufferViews.1.byteStride', 1), 'rows of 1 bytes'),
    (sets('accessors.1.type', 'VEC2'), 'VEC2, not VEC3'),
    (sets('accessors.1.componentType', 7), '7'),
    (sets('meshes.0.primitives.0.attributes', {}), 'no POSITION'),
    (sets('meshes.0.primitives.0.indices', 5), 'accessors has no number 5'),
    (sets('meshes.0.primitives.0.indices', 1), 'VEC3, not SCALAR'),
    (sets('nodes.0.mesh', 1), 'meshes has no number 1'),
    (sets('nodes.0.mesh', -1), 'meshes has no number -1'),
    (sets('nodes.0.children', [0]), 'node 0 is below two others, or below itself'),
    (sets('nodes.0.children', [9]), 'nodes has no number 9'),
    (sets('nodes.0.matrix', [1, 2, 3]), 'reshape'),
    (sets('nodes.0.scale', [1, 2, 1e999]), 'NaN or infinity'),
    (sets('scenes.0.nodes', [0, 0]), 'below two others'),
    (sets('scene', 3), 'scenes has no number 3'),
    (sets('meshes', 'x'), '.'),
    (sets('meshes.0.primitives.0.mode', 1), 'holds no triangles'),
    (sets('accessors', None), '.'),
]


@pytest.mark.parametrize(('change', 'words'), BROKEN)
def test_broken_files_are_named(tmp_path, change, words):
    maker = cube()
    tree = copy.deepcopy(maker.tree)
    change(tree)
    check_refused(tmp_path / 'a.gltf', maker.gltf(**tree), words)


def test_deep_json_and_deep_trees(tmp_path):
    check_refused(tmp_path / 'a.gltf', '{"asset":' + '[' * 200_000, 'nested too deep')
    maker = cube()
    for k in range(1, 5_000):
        maker.tree['nodes'][k - 1]['children'] = [k]
        maker.tree['nodes'].append({'translation': [1, 0, 0]})
    maker.tree['nodes'][-1]['mesh'] = 0
    soup = soup_of(maker.glb(), tmp_path)
    assert soup.vertices[:, 0].max() == 5_000
    maker.tree['nodes'][-1]['children'] = [7]
    check_refused(tmp_path / 'a.glb', maker.glb(), 'node 7 is below two others')
