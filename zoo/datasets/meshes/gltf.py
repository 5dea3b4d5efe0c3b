"""glTF files, as JSON with buffers beside it or as one binary file (GLB)."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.beside import Beside
from zoo.datasets.meshes.materials import material_paint, open_picture
from zoo.datasets.meshes.mesh import FloatArray, IntArray
from zoo.datasets.meshes.soup import Soup, joined, plain, scaled, strip, triangulate
from zoo.datasets.meshes.text import decoded

Json = dict[str, Any]

COMPONENTS = {5120: 'i1', 5121: 'u1', 5122: '<i2', 5123: '<u2', 5125: '<u4', 5126: '<f4'}
WIDTHS = {'SCALAR': 1, 'VEC2': 2, 'VEC3': 3, 'VEC4': 4, 'MAT2': 4, 'MAT3': 9, 'MAT4': 16}

KNOWN = (
    'KHR_mesh_quantization',
    'KHR_materials',
    'KHR_texture',
    'EXT_texture',
    'KHR_lights',
    'KHR_draco',
    'EXT_meshopt',
)
"""How extensions begin that a file may require: they have no say in the shape, or are looked at where they are used."""

LEAST_DRAWN = 1 << 22
"""Triangles that a file may draw by drawing the same ones again, and numbers it may have without storing them."""


def parse_gltf(data: bytes, beside: Beside) -> Soup:
    """Read the triangles of the scene, each part where its nodes put it; skins and morphs are at rest.

    Args:
        data: The file.
        beside: Looks up buffers and textures.

    Raises:
        ValueError: The file is not as it should be, or holds geometry that is not read.
    """
    tree, binary = _chunks(data)
    version = str(tree.get('asset', {}).get('version', '2.0'))
    if not version.startswith('2.'):
        raise ValueError(f'glTF {version} is not read, only version 2')
    for name in tree.get('extensionsRequired', []):
        if not name.startswith(KNOWN):
            raise ValueError(f'the extension {name} is not read: export it without')
    return _Reader(tree, binary, beside).soup()


def _chunks(data: bytes) -> tuple[Json, bytes | None]:
    """Return the header and the binary chunk."""
    binary = None
    text = data
    if data[:4] == b'glTF':
        if len(data) < 20:
            raise ValueError('it is cut off within its first bytes')
        version, length, size = struct.unpack_from('<III', data, 4)
        if version != 2:
            raise ValueError(f'GLB {version} is not read, only version 2')
        if length > len(data) or 20 + size > length or data[16:20] != b'JSON':
            raise ValueError(f'it is cut off: {length} bytes are announced, {len(data)} are there')
        text, here = data[20 : 20 + size], 20 + size
        if here + 8 <= length:
            (size,) = struct.unpack_from('<I', data, here)
            if here + 8 + size > length:
                raise ValueError(f'it is cut off: a chunk of {size} bytes is announced, {length - here - 8} are there')
            if data[here + 4 : here + 8] == b'BIN\0':
                binary = data[here + 8 : here + 8 + size]
    try:
        tree = json.loads(decoded(text.rstrip(b'\0')))
    except RecursionError:
        raise ValueError('its JSON is nested too deep') from None
    if not isinstance(tree, dict):
        raise ValueError('its JSON is no object')
    return tree, binary


class _Reader:
    """Reads buffers when they are asked for, and nothing that is not used."""

    def __init__(self, tree: Json, binary: bytes | None, beside: Beside) -> None:
        self._tree, self._binary, self._beside = tree, binary, beside
        self._buffers: dict[int, bytes] = {}
        self._materials: dict[int, Any] = {}
        self._limit = LEAST_DRAWN

    def soup(self) -> Soup:
        """Put all parts together."""
        parts, dots = [], []
        drawn = 0
        for mesh, matrix in self._placed():
            for primitive in self._item('meshes', mesh)['primitives']:
                mode = primitive.get('mode', 4)
                if mode == 0:
                    dots.append(_moved(self._positions(primitive)[0][:], matrix))
                if mode not in (4, 5, 6):
                    continue
                part = self._part(primitive, mode)
                drawn += len(part.faces)
                if drawn > self._limit:
                    raise ValueError(f'it draws more than {self._limit} triangles, most of them again and again')
                faces = part.faces if np.linalg.det(matrix[:3, :3]) >= 0 else part.faces[:, ::-1]
                parts.append(part._replace(vertices=_moved(part.vertices, matrix), faces=faces))
        if parts:
            return joined(parts)
        return plain(np.concatenate([np.empty((0, 3)), *dots]), np.empty((0, 3), dtype=np.int64))

    def _item(self, kind: str, index: Any) -> Json:
        """Return an item of a list of the header."""
        items = self._tree.get(kind, [])
        if not isinstance(index, int) or not 0 <= index < len(items) or not isinstance(items[index], dict):
            raise ValueError(f'{kind} has no number {index!r}, it has {len(items)}')
        item: Json = items[index]
        return item

    def _placed(self) -> Iterator[tuple[int, FloatArray]]:
        """Yield the meshes of the scene, each with its matrix ``(4, 4)``."""
        nodes = self._tree.get('nodes', [])
        if not nodes:
            yield from ((mesh, np.eye(4)) for mesh in range(len(self._tree.get('meshes', []))))
        if self._tree.get('scenes'):
            roots = self._item('scenes', self._tree.get('scene', 0)).get('nodes', [])
        else:
            below = {child for node in nodes for child in node.get('children', [])}
            roots = [index for index in range(len(nodes)) if index not in below]
        left = [(root, np.eye(4)) for root in reversed(roots)]
        seen: set[int] = set()
        while left:
            index, above = left.pop()
            node = self._item('nodes', index)
            if index in seen:
                raise ValueError(f'node {index} is below two others, or below itself')
            seen.add(index)
            if 'EXT_mesh_gpu_instancing' in node.get('extensions', {}):
                raise ValueError('the extension EXT_mesh_gpu_instancing is not read: export it without')
            matrix = above @ _matrix(node)
            if 'mesh' in node:
                yield node['mesh'], matrix
            left += [(child, matrix) for child in reversed(node.get('children', []))]

    def _positions(self, primitive: Json) -> tuple[NDArray[Any], float]:
        """Return the vertices as they are stored, and what they are divided by."""
        if 'POSITION' not in primitive['attributes']:
            raise ValueError('a primitive has no POSITION')
        return self._accessor(primitive['attributes']['POSITION'], 'VEC3', primitive)

    def _part(self, primitive: Json, mode: int) -> Soup:
        """Return the triangles of one primitive, with the vertices they use."""
        stored, divisor = self._positions(primitive)
        if 'indices' in primitive:
            index: IntArray = self._accessor(primitive['indices'], 'SCALAR', primitive)[0][:, 0].astype(np.int64)
        else:
            index = np.arange(len(stored))
        if mode == 4 and len(index) % 3:
            raise ValueError(f'{len(index)} corners are no triangles')
        if mode == 4:
            triangles = index.reshape(-1, 3)
        elif mode == 5:
            triangles = strip(index)
        else:
            triangles = np.stack([index[1:-1], index[2:], np.full(max(len(index) - 2, 0), index[0])], axis=1)
        corners, _ = triangulate(stored, triangles.ravel(), np.full(len(triangles), 3))
        used, faces = np.unique(triangles.ravel()[corners.ravel()], return_inverse=True)
        faces = faces.reshape(-1, 3)
        vertices = _divided(stored[used], divisor)
        if 'material' in primitive:
            material, places = self._material(primitive['material'])
            name = f'TEXCOORD_{places}'
            uv = self._attribute(primitive, name, 'VEC2', used)
            uv = None if uv is None else np.stack([uv[:, 0], 1 - uv[:, 1]], axis=1)  # to v up
            return Soup(vertices, faces, *material_paint(material, uv, faces))
        tint = self._attribute(primitive, 'COLOR_0', '', used)
        return plain(vertices, faces, None if tint is None else scaled(tint[:, :3])[faces].mean(axis=1))

    def _attribute(self, primitive: Json, name: str, kind: str, used: IntArray) -> FloatArray | None:
        """Return what some vertices have besides their place; None where there is none."""
        if name not in primitive['attributes']:
            return None
        values, divisor = self._accessor(primitive['attributes'][name], kind, primitive)
        return _divided(values[used], divisor) if len(values) > used.max(initial=-1) else None

    def _accessor(self, index: Any, kind: str, primitive: Json) -> tuple[NDArray[Any], float]:
        """Return stored numbers ``(n, width)``, of which nothing is copied, and what they are divided by."""
        accessor = self._item('accessors', index)
        if kind and accessor['type'] != kind:
            raise ValueError(f'an accessor is of type {accessor["type"]}, not {kind}')
        dtype, width, count = (
            np.dtype(COMPONENTS[accessor['componentType']]),
            WIDTHS[accessor['type']],
            accessor['count'],
        )
        divisor = float(np.iinfo(dtype).max) if accessor.get('normalized') and dtype.kind != 'f' else 1.0
        sparse = accessor.get('sparse')
        if 'bufferView' in accessor:
            rows = self._view(accessor, dtype, width, count)
        elif sparse is None:
            packed = ', '.join(primitive.get('extensions', {})) or 'nothing'
            draco = 'Draco' in packed or 'draco' in packed
            what = 'Draco compression' if draco else packed
            raise ValueError(f'its geometry is stored by {what}, which is not read: export it without compression')
        else:
            if not 0 <= count * width <= LEAST_DRAWN:
                raise ValueError(f'{count} rows are announced and not stored')
            rows = np.zeros((count, width), dtype)
        if sparse is None:
            return rows, divisor
        places = self._view(
            sparse['indices'], np.dtype(COMPONENTS[sparse['indices']['componentType']]), 1, sparse['count']
        )
        if len(places) and places.max() >= count:
            raise ValueError(f'row {places.max()} is replaced, of {count}')
        rows = rows.copy()
        rows[places[:, 0]] = self._view(sparse['values'], dtype, width, sparse['count'])
        return rows, divisor

    def _view(self, place: Json, dtype: np.dtype[Any], width: int, count: Any) -> NDArray[Any]:
        """Return the rows of a part of a buffer; more than there are is not announced."""
        view = self._item('bufferViews', place['bufferView'])
        content = self._bytes(view)
        size = width * dtype.itemsize
        stride = view.get('byteStride') or size
        start = place.get('byteOffset', 0)
        if not isinstance(count, int) or count < 0 or start < 0 or stride < size:
            raise ValueError(f'an accessor has {count!r} rows of {stride} bytes from {start}')
        if count and start + (count - 1) * stride + size > len(content):
            raise ValueError(f'it is cut off: {count} rows are announced, and {len(content)} bytes are there')
        return (
            np.ndarray((count, width), dtype, content, start, (stride, dtype.itemsize))
            if count
            else np.empty((0, width), dtype)
        )

    def _bytes(self, view: Json) -> memoryview:
        """Return the content of a view."""
        for name in view.get('extensions', {}):
            if 'meshopt' in name:
                raise ValueError(f'its geometry is stored by {name}, which is not read: export it without compression')
        buffer, start, length = self._buffer(view['buffer']), view.get('byteOffset', 0), view['byteLength']
        if start < 0 or length < 0 or start + length > len(buffer):
            raise ValueError(f'it is cut off: a view of {length} bytes from {start} on, of {len(buffer)}')
        return memoryview(buffer)[start : start + length]

    def _buffer(self, index: int) -> bytes:
        """Return a buffer, which is stored here or beside."""
        if index not in self._buffers:
            stated = self._item('buffers', index)
            if 'uri' in stated:
                content = self._named(stated['uri'])
            elif index or self._binary is None:
                raise ValueError(f'buffer {index} is not there')
            else:
                content = self._binary
            if len(content) < stated['byteLength']:
                raise ValueError(f'it is cut off: {stated["byteLength"]} bytes are announced, {len(content)} are there')
            self._buffers[index] = content
            self._limit += len(content)
        return self._buffers[index]

    def _named(self, uri: str) -> bytes:
        """Return what a URI stands for."""
        if uri.startswith('data:'):
            return base64.b64decode(uri.partition('base64,')[2], validate=True)
        return self._beside.get(unquote(uri))

    def _material(self, index: int) -> tuple[Any, int]:
        """Return a material of trimesh, and the number of the places on its texture."""
        if index not in self._materials:
            from trimesh.visual.material import PBRMaterial

            stated = self._item('materials', index)
            base = stated.get('pbrMetallicRoughness', {})
            factor, texture = base.get('baseColorFactor'), base.get('baseColorTexture')
            older = stated.get('extensions', {}).get('KHR_materials_pbrSpecularGlossiness')
            if older is not None:
                factor, texture = older.get('diffuseFactor'), older.get('diffuseTexture')
            picture = None if texture is None else open_picture(lambda: self._picture(texture['index']))
            factor = None if factor is None else [float(value) for value in factor]
            mode = stated.get('alphaMode')
            material = PBRMaterial(baseColorFactor=factor, baseColorTexture=picture, alphaMode=mode)
            self._materials[index] = material, (texture or {}).get('texCoord', 0)
        return self._materials[index]

    def _picture(self, index: int) -> bytes:
        """Return the content of a picture."""
        texture = self._item('textures', index)
        webp = texture.get('extensions', {}).get('EXT_texture_webp', {})
        image = self._item('images', webp.get('source', texture.get('source')))
        return (
            self._named(image['uri'])
            if 'uri' in image
            else bytes(self._bytes(self._item('bufferViews', image['bufferView'])))
        )


def _matrix(node: Json) -> FloatArray:
    """Return what a node does to what is below it, ``(4, 4)``: move after turn after stretch."""
    if 'matrix' in node:
        matrix = np.array(node['matrix'], dtype=np.float64).reshape(4, 4).T
    else:
        x, y, z, w = (float(value) for value in node.get('rotation', (0, 0, 0, 1)))
        length = math.hypot(x, y, z, w) or 1.0
        x, y, z, w = x / length, y / length, z / length, w / length
        matrix = np.eye(4)
        matrix[:3, :3] = [
            (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
            (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
            (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
        ]
        matrix[:3, :3] *= np.array(node.get('scale', (1, 1, 1)), dtype=np.float64)
        matrix[:3, 3] = node.get('translation', (0, 0, 0))
    if not np.isfinite(matrix).all():
        raise ValueError('a node has NaN or infinity in its place')
    return matrix


def _moved(vertices: NDArray[Any], matrix: FloatArray) -> FloatArray:
    moved: FloatArray = vertices.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    return moved


def _divided(values: NDArray[Any], divisor: float) -> FloatArray:
    """Return stored whole numbers as the fractions that they stand for."""
    return values.astype(np.float64) if divisor == 1 else np.maximum(values / divisor, -1)
