"""glTF files, as JSON with buffers beside it or as one binary file (GLB)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.beside import Beside
from zoo.datasets.meshes.gltf_storage import Json, Storage, read_chunks
from zoo.datasets.meshes.materials import material_paint, open_picture
from zoo.datasets.meshes.mesh import FloatArray, IntArray
from zoo.datasets.meshes.objects import words_of
from zoo.datasets.meshes.soup import Soup, joined, plain, refuse_more, scaled, strip, triangulate

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


def parse_gltf(data: bytes, beside: Beside) -> Soup:
    """Read the triangles of the scene, each part where its nodes put it; skins and morphs are at rest.

    Parts that are called collider or collision are shapes for physics, mostly a box around the object: they are left
    out where there is something else.

    Args:
        data: The file.
        beside: Looks up buffers and textures.

    Raises:
        ValueError: The file is not as it should be, or holds geometry that is not read.
    """
    tree, binary = read_chunks(data)
    version = str(tree.get('asset', {}).get('version', '2.0'))
    if not version.startswith('2.'):
        raise ValueError(f'glTF {version} is not read, only version 2')
    for name in tree.get('extensionsRequired', []):
        if not name.startswith(KNOWN):
            raise ValueError(f'the extension {name} is not read: export it without')
    return _Reader(Storage(tree, binary, beside)).soup()


UNSEEN = frozenset({'collider', 'colliders', 'collision', 'collisions'})
"""Words in the name of a node or mesh that is not to be seen."""


class _Reader:
    """Goes through the scene of a file, and reads what it uses."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._materials: dict[int, Any] = {}
        self._pictures: dict[Any, Any] = {}

    def soup(self) -> Soup:
        """Put all parts together."""
        parts, dots = [], []
        drawn = 0
        placed = list(self._placed())
        for mesh, matrix in [(mesh, matrix) for mesh, matrix, solid in placed if solid] or [row[:2] for row in placed]:
            for primitive in self._storage.item('meshes', mesh)['primitives']:
                mode = primitive.get('mode', 4)
                if mode == 0:
                    dots.append(_moved(_divided(*self._positions(primitive)), matrix))
                    drawn += len(dots[-1])
                elif mode in (4, 5, 6):
                    part = self._part(primitive, mode)
                    faces = part.faces if np.linalg.det(matrix[:3, :3]) >= 0 else part.faces[:, ::-1]
                    parts.append(part._replace(vertices=_moved(part.vertices, matrix), faces=faces))
                    drawn += len(faces)
                refuse_more(drawn, self._storage.size)
        if parts:
            return joined(parts)
        return plain(np.concatenate([np.empty((0, 3)), *dots]), np.empty((0, 3), dtype=np.int64))

    def _placed(self) -> Iterator[tuple[int, FloatArray, bool]]:
        """Yield the meshes of the scene, each with its matrix ``(4, 4)``, and whether it is to be seen."""
        nodes = self._storage.tree.get('nodes', [])
        if not nodes:
            yield from ((mesh, np.eye(4), True) for mesh in range(len(self._storage.tree.get('meshes', []))))
        if self._storage.tree.get('scenes'):
            roots = self._storage.item('scenes', self._storage.tree.get('scene', 0)).get('nodes', [])
        else:
            below = {child for node in nodes for child in node.get('children', [])}
            roots = [index for index in range(len(nodes)) if index not in below]
        left = [(root, np.eye(4)) for root in reversed(roots)]
        seen: set[int] = set()
        while left:
            index, above = left.pop()
            node = self._storage.item('nodes', index)
            if index in seen:
                raise ValueError(f'node {index} is below two others, or below itself')
            seen.add(index)
            if 'EXT_mesh_gpu_instancing' in node.get('extensions', {}):
                raise ValueError('the extension EXT_mesh_gpu_instancing is not read: export it without')
            matrix = above @ _matrix(node)
            if 'mesh' in node:
                names = f'{node.get("name", "")} {self._storage.item("meshes", node["mesh"]).get("name", "")}'
                yield node['mesh'], matrix, UNSEEN.isdisjoint(words_of(names))
            left += [(child, matrix) for child in reversed(node.get('children', []))]

    def _positions(self, primitive: Json) -> tuple[NDArray[Any], float]:
        """Return the vertices as they are stored, and what they are divided by."""
        if 'POSITION' not in primitive['attributes']:
            raise ValueError('a primitive has no POSITION')
        return self._storage.rows(primitive['attributes']['POSITION'], 'VEC3', primitive)

    def _part(self, primitive: Json, mode: int) -> Soup:
        """Return the triangles of one primitive, with the vertices they use."""
        stored, divisor = self._positions(primitive)
        if 'indices' in primitive:
            index: IntArray = self._storage.rows(primitive['indices'], 'SCALAR', primitive)[0][:, 0].astype(np.int64)
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
        values, divisor = self._storage.rows(primitive['attributes'][name], kind, primitive)
        return _divided(values[used], divisor) if len(values) > used.max(initial=-1) else None

    def _material(self, index: int) -> tuple[Any, int]:
        """Return a material of trimesh, and the number of the places on its texture."""
        if index not in self._materials:
            from trimesh.visual.material import PBRMaterial

            stated = self._storage.item('materials', index)
            base = stated.get('pbrMetallicRoughness', {})
            factor, texture = base.get('baseColorFactor'), base.get('baseColorTexture')
            older = stated.get('extensions', {}).get('KHR_materials_pbrSpecularGlossiness')
            if older is not None:
                factor, texture = older.get('diffuseFactor'), older.get('diffuseTexture')
            picture = None if texture is None else self._picture(texture['index'])
            factor = None if factor is None else [float(value) for value in factor]
            mode = stated.get('alphaMode')
            material = PBRMaterial(baseColorFactor=factor, baseColorTexture=picture, alphaMode=mode)
            self._materials[index] = material, (texture or {}).get('texCoord', 0)
        return self._materials[index]

    def _picture(self, index: int) -> Any:
        """Return the picture of a texture; None where it cannot be got."""
        texture = self._storage.item('textures', index)
        webp = texture.get('extensions', {}).get('EXT_texture_webp', {})
        source = webp.get('source', texture.get('source'))
        if source not in self._pictures:
            try:
                image = self._storage.item('images', source)
                view = None if 'uri' in image else self._storage.item('bufferViews', image['bufferView'])
                content = self._storage.named(image['uri']) if view is None else bytes(self._storage.content(view))
                self._pictures[source] = open_picture(content)
            except (FileNotFoundError, ValueError, KeyError):
                self._pictures[source] = None
        return self._pictures[source]


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
