"""COLLADA scenes (.dae) of triangles and polygons.

Source: COLLADA 1.4.1 and 1.5, Khronos Group. What trimesh offers leaves up axis and unit to the caller and needs
another package; this reader is bounded on files by strangers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np

from zoo.datasets.meshes.beside import Beside
from zoo.datasets.meshes.materials import material_paint, open_picture
from zoo.datasets.meshes.mesh import FloatArray, IntArray
from zoo.datasets.meshes.soup import Soup, joined, plain, refuse_more, strip, triangulate
from zoo.datasets.meshes.text import decoded, numbers, whole_numbers
from zoo.datasets.meshes.vrml import MOST_NODES, turn

Element = ElementTree.Element

UPRIGHT = {
    'X_UP': np.array([(0.0, -1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)]),
    'Y_UP': np.eye(3),
    'Z_UP': np.array([(1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0)]),
}
"""From the axes of a file to y up, as the specification has it."""

PRIMITIVES = ('triangles', 'polylist', 'polygons', 'trifans', 'tristrips')


class _Part(NamedTuple):
    """Triangles of one material: vertices, faces, name of the material, and places on its texture ``(F, 3, 2)``."""

    vertices: FloatArray
    faces: IntArray
    symbol: str
    places: FloatArray | None


def parse_collada(data: bytes, beside: Beside) -> Soup:
    """Read the triangles of the scene, each where its nodes put it, y up and in metres; skins are at rest.

    Args:
        data: The file.
        beside: Looks up textures.

    Raises:
        ValueError: The file is not as it should be.
    """
    text = decoded(data)
    if '<!DOCTYPE' in text or '<!ENTITY' in text:
        raise ValueError('it declares a document type or entities, which COLLADA has not')
    root = ElementTree.fromstring(text)
    for element in root.iter():
        element.tag = element.tag.rpartition('}')[2]
    if root.tag != 'COLLADA':
        raise ValueError(f'its first element is {root.tag[:40]}, not COLLADA')
    return _Reader(root, beside).soup(len(data))


class _Reader:
    """Goes through the scene of a file, and reads what it uses."""

    def __init__(self, root: Element, beside: Beside) -> None:
        self._root, self._beside = root, beside
        self._ids: dict[str, Element] = {}
        for element in root.iter():
            self._ids.setdefault(element.get('id', ''), element)
        self._geometries: dict[str, list[_Part]] = {}
        self._materials: dict[str, Any] = {}

    def soup(self, stored: int) -> Soup:
        """Put all parts together.

        Args:
            stored: Bytes of the file.
        """
        axis = (self._root.findtext('asset/up_axis') or 'Y_UP').strip()
        if axis not in UPRIGHT:
            raise ValueError(f'its up axis is {axis[:40]!r}, none of {", ".join(UPRIGHT)}')
        unit = self._root.find('asset/unit')
        meter = float(numbers([unit.get('meter', '1') if unit is not None else '1'])[0])
        if not 0 < meter < 1e9:
            raise ValueError(f'its unit is {meter} metres')
        parts, total = [], 0
        for geometry, matrix, bound in self._placed():
            placed = meter * UPRIGHT[axis] @ matrix[:3]
            for part in self._parts(geometry):
                total += len(part.faces)
                refuse_more(total, stored)
                faces = part.faces if np.linalg.det(placed[:, :3]) >= 0 else part.faces[:, ::-1]
                vertices = part.vertices @ placed[:, :3].T + placed[:, 3]
                parts.append(self._painted(part._replace(vertices=vertices), bound.get(part.symbol, ''), faces))
        return joined(parts) if parts else plain(np.empty((0, 3)), np.empty((0, 3), dtype=np.int64))

    def _get(self, reference: str | None) -> Element | None:
        """Return the element of an id, as ``#name``."""
        return self._ids.get(unquote(reference or '').removeprefix('#') or ' ')

    def _placed(self) -> Iterator[tuple[Element, FloatArray, dict[str, str]]]:
        """Yield geometries, each with its matrix ``(4, 4)`` and its materials by symbol."""
        instance = self._root.find('scene/instance_visual_scene')
        scene = self._get(instance.get('url')) if instance is not None else None
        scene = self._root.find('library_visual_scenes/visual_scene') if scene is None else scene
        if scene is None:
            yield from ((each, np.eye(4), {}) for each in self._root.iterfind('library_geometries/geometry'))
            return
        left: list[tuple[Element, FloatArray]] = [(node, np.eye(4)) for node in reversed(scene.findall('node'))]
        count = 0
        while left:
            node, above = left.pop()
            count += 1
            if count > MOST_NODES:
                raise ValueError(f'it places more than {MOST_NODES} nodes, or one within itself')
            matrix: FloatArray = above @ _matrix(node)
            for placed in (*node.findall('instance_geometry'), *node.findall('instance_controller')):
                found = self._get(placed.get('url'))
                if found is not None and found.tag == 'geometry':
                    yield found, matrix, _bound(placed)
                elif found is not None and found.tag == 'controller':
                    shape, own = self._skinned(found, matrix)
                    if shape is not None and shape.tag == 'geometry':
                        yield shape, own, _bound(placed)
            below = [self._get(each.get('url')) for each in node.findall('instance_node')] + node.findall('node')
            left += [(child, matrix) for child in reversed(below) if child is not None]

    def _skinned(self, controller: Element, matrix: FloatArray) -> tuple[Element | None, FloatArray]:
        """Return the geometry below a skin or morph, and its matrix at rest."""
        for element in controller:
            shape = element.findtext('bind_shape_matrix')
            own = matrix if shape is None else matrix @ _floats(shape, 16).reshape(4, 4)
            return self._get(element.get('source')), own
        return None, matrix

    def _parts(self, geometry: Element) -> list[_Part]:
        """Return the triangles of a geometry, read once."""
        key = geometry.get('id', '')
        if key not in self._geometries:
            meshes = geometry.findall('mesh')
            self._geometries[key] = [
                part
                for mesh in meshes
                for element in mesh
                if element.tag in PRIMITIVES and (part := self._part(element)) is not None
            ]
        return self._geometries[key]

    def _part(self, element: Element) -> _Part | None:
        """Return the triangles of one primitive; None where it has none."""
        inputs = element.findall('input')
        width = 1 + max((int(each.get('offset', 0)) for each in inputs), default=0)
        position = next((each for each in inputs if each.get('semantic') == 'VERTEX'), None)
        rows = [whole_numbers((each.text or '').split()) for each in element.findall('p')]
        if position is None or not sum(map(len, rows)):
            return None
        if not 0 < width <= 64 or any(len(row) % width for row in rows):
            raise ValueError(f'{element.tag} of {sum(map(len, rows))} indices do not come by {width}')
        vertices_of = self._get(position.get('source'))
        stated = None if vertices_of is None else vertices_of.find("input[@semantic='POSITION']")
        if stated is None:
            raise ValueError('a primitive has no positions')
        vertices = self._source(stated.get('source'), 3)
        tables = [row.reshape(-1, width) for row in rows]
        table = np.concatenate(tables)
        corners = _corners(element, [len(each) for each in tables], vertices, table[:, int(position.get('offset', 0))])
        faces = table[corners, int(position.get('offset', 0))]
        uv = min(
            (each for each in inputs if each.get('semantic') == 'TEXCOORD'),
            key=lambda each: int(each.get('set', 0)),
            default=None,
        )
        places = None
        if uv is not None:
            rows_of, spot = self._source(uv.get('source'), 2), table[corners, int(uv.get('offset', 0))]
            places = rows_of[spot] if spot.size and spot.min() >= 0 and spot.max() < len(rows_of) else None
        return _Part(vertices, faces, element.get('material', ''), places)

    def _source(self, reference: str | None, width: int) -> FloatArray:
        """Return the first columns of a source, shape ``(n, width)``."""
        source = self._get(reference)
        accessor = None if source is None else source.find('technique_common/accessor')
        array = None if accessor is None else self._get(accessor.get('source'))
        if accessor is None or array is None:
            raise ValueError(f'the source {str(reference)[:40]} is not there')
        stride, offset = int(accessor.get('stride', 1)), int(accessor.get('offset', 0))
        values = numbers((array.text or '').split())[max(offset, 0) :]
        if not width <= stride <= 64:
            raise ValueError(f'a source has {stride} numbers in a row, at least {width} are needed')
        return values[: len(values) // stride * stride].reshape(-1, stride)[:, :width]

    def _painted(self, part: _Part, target: str, faces: IntArray) -> Soup:
        """Return a part in the colors of its material."""
        material = self._material(target)
        if material is None:
            return plain(part.vertices, faces)
        places = None if part.places is None else part.places.reshape(-1, 2)
        color, clear = material_paint(material, places, np.arange(faces.size).reshape(-1, 3))
        return Soup(part.vertices, faces, color, clear)

    def _material(self, target: str) -> Any:
        """Return a material of trimesh, None where the file has none of that name."""
        if target not in self._materials:
            material = self._get(target)
            effect = material.find('instance_effect') if material is not None else None
            found = self._get(effect.get('url')) if effect is not None else None
            self._materials[target] = None if found is None else self._effect(found)
        return self._materials[target]

    def _effect(self, effect: Element) -> Any:
        """Return the color, picture and opacity of an effect."""
        from trimesh.visual.material import SimpleMaterial

        shading = next(
            (each for each in effect.iterfind('profile_COMMON/technique/*') if each.find('diffuse') is not None), None
        )
        if shading is None:
            return None
        stated, texture = shading.findtext('diffuse/color'), shading.find('diffuse/texture')
        rgb = np.clip(_floats(stated, 3), 0, 1) if stated else None
        options: dict[str, Any] = {} if rgb is None else {'diffuse': (rgb * 255).astype(np.uint8), 'kd': True}
        image = None if texture is None else self._picture(effect, texture.get('texture', ''))
        return SimpleMaterial(image=image, d=[_opacity(shading)], **options)

    def _picture(self, effect: Element, name: str) -> Any:
        """Return the picture behind a sampler; None where it cannot be got."""
        for _ in range(3):  # sampler, surface, picture
            param = next((each for each in effect.iter('newparam') if each.get('sid') == name), None)
            found = (
                None if param is None else (param.findtext('sampler2D/source') or param.findtext('surface/init_from'))
            )
            instance = None if param is None else param.find('sampler2D/instance_image')
            if instance is not None:
                found = (instance.get('url') or '').removeprefix('#')
            if not found:
                break
            name = found.strip()
        image = self._ids.get(name)
        place = None if image is None else image.findtext('init_from') or image.findtext('init_from/ref')
        if not place:
            return None
        try:
            return open_picture(self._beside.get(unquote(place.strip()).removeprefix('file://')))
        except FileNotFoundError:
            return None


def _bound(instance: Element) -> dict[str, str]:
    """Return the materials of an instance, by the names that its primitives give them."""
    found = instance.iterfind('bind_material/technique_common/instance_material')
    return {each.get('symbol', ''): each.get('target', '') for each in found}


def _opacity(shading: Element) -> float:
    """Return how much light a surface stops, in [0, 1]; 0, as some programs write for 'opaque', counts as that."""
    stated, share = shading.findtext('transparent/color'), shading.findtext('transparency/float')
    color = _floats(stated, 4) if stated and len(stated.split()) > 3 else np.ones(4)
    factor = float(numbers([share])[0]) if share else 1.0
    element = shading.find('transparent')
    zero = element is not None and element.get('opaque') == 'RGB_ZERO'
    return float(1 - color[:3].mean() * factor if zero else color[3] * factor)


def _corners(element: Element, lengths: list[int], vertices: FloatArray, index: IntArray) -> IntArray:
    """Return the rows of the corners of the triangles of a primitive, shape ``(F, 3)``."""
    total = sum(lengths)
    if element.tag in ('trifans', 'tristrips'):
        starts = np.cumsum([0, *lengths[:-1]])
        rows = [np.arange(start, start + length) for start, length in zip(starts, lengths, strict=True)]
        cut = [strip(row) if element.tag == 'tristrips' else _fan(row) for row in rows]
        return np.concatenate(cut)
    if element.tag == 'polylist':
        sizes = whole_numbers((element.findtext('vcount') or '').split())
    elif element.tag == 'polygons':
        sizes = np.array(lengths, dtype=np.int64)
    else:
        sizes = np.full(total // 3, 3)
    if sizes.sum() != total or (sizes < 0).any():
        raise ValueError(f'{element.tag} announces {sizes.sum()} corners, {total} are there')
    return triangulate(vertices, index, sizes)[0]


def _fan(row: IntArray) -> IntArray:
    return np.stack([np.full(max(len(row) - 2, 0), row[0]), row[1:-1], row[2:]], axis=1)


def _matrix(node: Element) -> FloatArray:
    """Return what a node does to what is below it, ``(4, 4)``: its elements one after another."""
    matrix: FloatArray = np.eye(4)
    for element in node:
        own: FloatArray = np.eye(4)
        if element.tag == 'matrix':
            own = _floats(element.text, 16).reshape(4, 4)
        elif element.tag == 'translate':
            own[:3, 3] = _floats(element.text, 3)
        elif element.tag == 'scale':
            own[:3, :3] *= _floats(element.text, 3)
        elif element.tag == 'rotate':
            *axis, angle = _floats(element.text, 4)
            own[:3, :3] = turn(np.array([*axis, np.deg2rad(angle)]))
        else:
            continue
        matrix = matrix @ own
    return matrix


def _floats(text: str | None, count: int) -> FloatArray:
    """Return the first numbers of a text."""
    values = numbers((text or '').split())
    if len(values) < count or not np.isfinite(values).all():
        raise ValueError(f'{len(values)} finite numbers stand where {count} are needed')
    return values[:count]
