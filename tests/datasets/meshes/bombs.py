"""Small files that would take much memory, read by a process that has little; started by a test."""

from __future__ import annotations

import json
import resource
import struct
import sys
import time
import zlib
from pathlib import Path

import pytest

from zoo.datasets.meshes.files import READ, read_mesh
from zoo.errors import UsageError
from zoo.hub.point_files import read_points

folder = Path(sys.argv[1])
MTL = 'newmtl a\nKd 1 0 0\nmap_Kd {}\n'
OBJ = 'mtllib a.mtl\nusemtl a\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nf 1/1 2/1 3/1\n'

TREE = {
    'buffers': [{'uri': 'place.bin', 'byteLength': 36}],
    'bufferViews': [{'buffer': 0, 'byteLength': 36}],
    'accessors': [
        {'bufferView': 0, 'componentType': 5126, 'count': 3, 'type': 'VEC3'},
        {'bufferView': 0, 'componentType': 5126, 'count': 3, 'type': 'VEC2'},
    ],
    'textures': [{'source': 0}],
    'materials': [{'pbrMetallicRoughness': {'baseColorTexture': {'index': 0}}}],
    'meshes': [{'primitives': [{'attributes': {'POSITION': 0, 'TEXCOORD_0': 1}, 'material': 0}]}],
}


def write(name, content):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def chunk(name, content):
    return struct.pack('>I', len(content)) + name + content + struct.pack('>I', zlib.crc32(name + content))


def packed_zeros(count):
    packer = zlib.compressobj(1)
    return b''.join([packer.compress(bytes(1 << 20)) for _ in range((count >> 20) + 1)] + [packer.flush()])


def png(width, height, *more, bits=1, kind=0, rows=b''):
    head = chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, bits, kind, 0, 0, 0))
    return b'\x89PNG\r\n\x1a\n' + head + b''.join(more) + chunk(b'IDAT', rows) + chunk(b'IEND', b'')


def gltf(**tree):
    return json.dumps({'asset': {'version': '2.0'}, **tree})


def textured() -> list[str]:
    """Write meshes whose shape is there all the same, and their textures."""
    square = zlib.compress(bytes(8 * 9))
    zeros = packed_zeros(800 << 20)
    pictures = {
        'wide.png': png(13_000, 13_000, bits=8, kind=2, rows=square),
        'white.png': png(13_000, 13_000, rows=square),
        'wider.png': png(2**31 - 1, 2**31 - 1, rows=square),
        'profile.png': png(64, 8, chunk(b'iCCP', b'a\0\0' + zeros), rows=square),
        'text.png': png(64, 8, *[chunk(b'zTXt', b'a\0\0' + zeros)] * 3, rows=square),
        'wide.gif': b'GIF89a' + struct.pack('<HH', 65535, 65535) + b'\x80\0\0' + bytes(6) + b';',
        'wide.webp': b'RIFF' + struct.pack('<I', 30) + b'WEBPVP8X' + struct.pack('<II', 10, 2) + b'\xfe\x3f\0' * 2,
        'wide.bmp': b'BM' + struct.pack('<IIIIiiHHIIiiII', 54, 0, 54, 40, 60_000, 60_000, 1, 24, 0, 0, 1, 1, 0, 0),
        'wide.tga': struct.pack('<BBBHHBHHHHBB', 0, 0, 10, 0, 0, 0, 0, 0, 65535, 65535, 32, 0) + bytes(100),
        'wide.jpg': b'\xff\xd8\xff\xc0\0\x11\x08\xff\xdc\xff\xdc\3\1\x11\0\2\x11\0\3\x11\0\xff\xd9',
        'wide.tif': b'II*\0\x08\0\0\0\0\0',
        'run.eps': b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nsystem\n',
    }
    good = []
    for name, content in pictures.items():
        write(name, content)
        write(f'{name}.mtl', MTL.format(name))
        write(f'{name}.obj', OBJ.replace('a.mtl', f'{name}.mtl'))
        good.append(f'{name}.obj')
        write(f'{name}.gltf', gltf(**TREE, images=[{'uri': name}]))
        good.append(f'{name}.gltf')
    return good


def refused() -> None:
    """Write files that are to be refused."""
    few = {'count': 1, 'indices': {'bufferView': 0, 'componentType': 5121}, 'values': {'bufferView': 0}}
    large = {'componentType': 5126, 'count': 300_000, 'type': 'VEC3', 'sparse': few}
    part = {'attributes': {'POSITION': 0}}
    big = {**TREE, 'accessors': [large], 'meshes': [{'primitives': [part]}]}
    write('again.gltf', gltf(**big, nodes=[{'mesh': 0}] * 4_000))
    write('parts.gltf', gltf(**big | {'meshes': [{'primitives': [part] * 4_000}]}))
    write('dots.gltf', gltf(**big | {'meshes': [{'primitives': [part | {'mode': 0}] * 4_000}]}))
    write('sparse.gltf', gltf(**big | {'accessors': [large | {'count': 10**9}]}))
    write('deep.gltf', '{"asset":' * 500_000)
    write('chunk.glb', struct.pack('<4sIIII', b'glTF', 2, 2**32 - 1, 2**32 - 1, 0x4E4F534A) + b'{}')
    write('counts.stl', b'x'.ljust(80) + struct.pack('<I', 2**32 - 1) + bytes(50))
    write('counts.off', 'OFF\n4000000000 4000000000 0\n' + '0 0 0\n' * 9)
    write('corners.off', 'OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n2000000000 0 1 2\n')
    head = 'ply\nformat {}\nelement vertex {}\nproperty float x\nproperty float y\nproperty float z\nelement face {}\n'
    head += 'property list {} int vertex_indices\nend_header\n'
    write('counts.ply', head.format('ascii 1.0', 2**62, 1, 'uchar') + '0 0 0\n' * 9)
    write('binary.ply', head.format('binary_little_endian 1.0', 2**62, 1, 'uchar').encode() + bytes(99))
    for name, length in (('list.ply', b'\xff\xff\xff\x7f'), ('below.ply', b'\xff\xff\xff\xff')):
        write(name, head.format('binary_little_endian 1.0', 1, 2, 'int').encode() + bytes(12) + length * 9)
    row = '1 16 {} 0 0 1 0 0 0 1 0 0 0 1 {}.dat\n'
    (folder / 'p').mkdir()
    for level in range(9):
        write(f'p/n{level}.dat', ''.join(row.format(place, f'n{level + 1}') for place in range(10)))
    write('p/n9.dat', '4 16 0 0 0 1 0 0 1 1 0 0 1 0\n' * 100)
    write('copies.dat', row.format(0, 'n0'))
    write('rows.dat', ''.join(row.format(place, 'n9') for place in range(9)) * 50_000)
    write('self.dat', row.format(0, 'self'))
    lines = ''.join(f'DEF n{k + 1} Group {{ children [ USE n{k} USE n{k} USE n{k} ] }} ' for k in range(30))
    write('uses.wrl', f'#VRML V2.0 utf8\nDEF n0 Shape {{ }} {lines}')
    corners = ', '.join(['0 0 0', '1 0 0', '0 1 0'] * 9_000)
    faces = 'Shape { geometry IndexedFaceSet { coord Coordinate { point [' + corners + '] } coordIndex [ '
    faces += '0 1 2 -1 ' * 20_000 + '] } }'
    write('again.wrl', f'#VRML V2.0 utf8\nDEF n0 {faces} ' + 'Group { children [ ' + 'USE n0 ' * 5_000 + '] }')
    write('deep.wrl', '#VRML V2.0 utf8\n' + 'Group { children [ ' * 500_000)
    laughs = ''.join(f'<!ENTITY a{k + 1} "{f"&a{k};" * 10}">' for k in range(12))
    write('entities.dae', f'<!DOCTYPE a [<!ENTITY a0 "ha">{laughs}]><COLLADA><asset>&a12;</asset></COLLADA>')
    write('wide.dae', f'<!DOCTYPE a [<!ENTITY a0 "ha">{laughs}]><a>&a12;</a>'.encode('utf-16'))
    write('deep.dae', '<COLLADA>' + '<node>' * 500_000)
    nodes = ''.join(f'<node id="n{k}">' + f'<instance_node url="#n{k + 1}"/>' * 9 + '</node>' for k in range(30))
    scene = '<library_visual_scenes><visual_scene><node><instance_node url="#n0"/></node></visual_scene>'
    write('nodes.dae', f'<COLLADA><library_nodes>{nodes}</library_nodes>{scene}</library_visual_scenes></COLLADA>')
    write('digits.obj', 'v ' + '9' * 3_000_000 + ' 0 0\n' + 'v 0 0 1\n' * 200_000 + 'f 1 2 3\n')
    write('index.obj', 'v 0 0 1\n' * 9 + 'f ' + '1 ' * 200_000 + '9' * 3_000_000 + '\n')


def main() -> None:
    write('place.bin', struct.pack('<9f', 0, 0, 0, 1, 0, 0, 0, 1, 0))
    good = textured()
    refused()
    names = {path.name for path in folder.iterdir() if path.suffix in READ}
    read_mesh(folder / 'wide.jpg.obj')  # whatever is imported late
    status = dict(line.split(':', 1) for line in Path('/proc/self/status').read_text().splitlines())
    limit = int(status['VmSize'].split()[0]) * 1024 + (600 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for name in good:
        assert len(read_mesh(folder / name).mesh.faces) == 1, name
    for name in sorted(names.difference(good)):
        for read in (read_mesh, read_points)[: 1 if name.endswith(('gltf', 'dat')) else 2]:  # seconds, or no points
            start = time.monotonic()
            with pytest.raises(UsageError) as error:
                read(folder / name)
            print(f'{time.monotonic() - start:.2f} s {error.value}')
            assert 'Memory' not in str(error.value)


if __name__ == '__main__':
    main()
