"""VRML 2 (VRML97) scenes of indexed faces, as KiCad and CAD programs write them.

Source: ISO/IEC 14772-1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, IntArray
from zoo.datasets.meshes.soup import GREY, Soup, joined, plain, refuse_more, scaled, triangulate
from zoo.datasets.meshes.text import decoded, numbers, whole_numbers

MOST_NODES = 1 << 16
"""Nodes that are placed; each may be placed by several others, and again below these."""

CLEAR = 0.3
"""From this transparency on, one half sees through."""

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|#[^\n]*|\[[^\[\]{}"#]*\]|[{}\[\]]|[^\s,{}\[\]"#]+')
"""A list of plain words is one token, so that long arrays are cut at once."""

_VALUE = re.compile(r'[-+.\d"]|TRUE$|FALSE$')
"""How a value begins that is no node."""

_NO_SURFACE = ('IndexedLineSet', 'PointSet', 'Text')
_GROUPS = {'Group': 'children', 'Transform': 'children', 'Anchor': 'children', 'Billboard': 'children',
           'Collision': 'children', 'Switch': 'choice', 'LOD': 'level'}  # fmt: skip


@dataclass
class _Node:
    """A node and its fields: each a node, a list of nodes, or words."""

    kind: str
    fields: dict[str, Any] = field(default_factory=dict)

    def node(self, name: str) -> _Node | None:
        found = self.fields.get(name)
        return found if isinstance(found, _Node) else None

    def words(self, name: str) -> list[str]:
        found = self.fields.get(name, [])
        return found if isinstance(found, list) and all(isinstance(word, str) for word in found) else []

    def numbers(self, name: str, default: tuple[float, ...]) -> FloatArray:
        found = numbers(self.words(name))
        if len(found) not in (0, len(default)) or not np.isfinite(found).all():
            raise ValueError(f'{self.kind} has {len(found)} numbers as {name}, not {len(default)} finite ones')
        return found if len(found) else np.array(default)


def parse_vrml(data: bytes) -> Soup:
    """Read the faces of a scene, each where its transforms put it, in the frame of the file.

    Colors are those of faces, vertices or materials; textures are not read.

    Raises:
        ValueError: The file is not as it should be, or holds geometry that is not read.
    """
    text = decoded(data)
    if not text.startswith('#VRML V2.0'):
        raise ValueError(f'it begins with {text[:16]!r}, only VRML V2.0 is read')
    try:
        scene = _Parser(text).scene()
    except RecursionError:
        raise ValueError('its nodes are within each other too deep') from None
    parts, total = [], 0
    known: dict[int, Soup | None] = {}
    for shape, matrix in _placed(scene):
        if id(shape) not in known:
            known[id(shape)] = _faces(shape)
        part = known[id(shape)]
        if part is None:
            continue
        total += len(part.faces)
        refuse_more(total, len(data))
        faces = part.faces if np.linalg.det(matrix[:3, :3]) >= 0 else part.faces[:, ::-1]
        parts.append(part._replace(vertices=part.vertices @ matrix[:3, :3].T + matrix[:3, 3], faces=faces))
    return joined(parts) if parts else plain(np.empty((0, 3)), np.empty((0, 3), dtype=np.int64))


class _Parser:
    """Makes nodes of a text; what ``USE`` names is the node itself."""

    def __init__(self, text: str) -> None:
        self._tokens = (match[0] for match in _TOKEN.finditer(text) if match[0][0] != '#')
        self._next: str | None = next(self._tokens, None)
        self._named: dict[str, _Node | None] = {}

    def _take(self) -> str:
        token = self._next
        if token is None:
            raise ValueError('it is cut off: a node is not closed')
        self._next = next(self._tokens, None)
        return token

    def scene(self) -> list[_Node]:
        """Return the nodes at the top."""
        found = []
        while self._next is not None:
            if self._next == 'ROUTE':
                for _ in range(4):
                    self._take()
            elif (node := self._node(self._take())) is not None:
                found.append(node)
        return found

    def _node(self, word: str) -> _Node | None:
        """Return the node that begins with a word; None for ``NULL`` and a name that was not given."""
        if word == 'NULL':
            return None
        if word == 'USE':
            return self._named.get(self._take())
        if word == 'DEF':
            name = self._take()
            self._named[name] = node = self._node(self._take())
            return node
        if word in ('PROTO', 'EXTERNPROTO', 'Script', 'Inline'):
            raise ValueError(f'{word} is not read: export plain shapes')
        if self._next != '{':
            raise ValueError(f'{word[:40]!r} stands where a node should be')
        self._take()
        node = _Node(word)
        while (key := self._take()) != '}':
            node.fields[key] = self._value()
        return node

    def _value(self) -> Any:
        """Return what follows the name of a field."""
        token = self._next or ''
        if token[:1] == '[':
            self._take()
            if len(token) == 1:
                return self._list()
            words = token[1:-1].replace(',', ' ').split()
            if 'USE' not in words:
                return words
            used = (self._named.get(name) for word, name in pairwise(words) if word == 'USE')
            return [node for node in used if node is not None]
        if _VALUE.match(token):
            words = []
            while self._next is not None and _VALUE.match(self._next):
                words.append(self._take())
            return words
        return self._node(self._take())

    def _list(self) -> list[Any]:
        """Return nodes, or the words of an array with remarks in it."""
        found: list[Any] = []
        while (token := self._take()) != ']':
            found.append(token if _VALUE.match(token) else self._node(token))
        return [item for item in found if item is not None]


def _placed(scene: list[_Node]) -> Iterator[tuple[_Node, FloatArray]]:
    """Yield the shapes, each with its matrix ``(4, 4)``."""
    left = [(node, np.eye(4)) for node in reversed(scene)]
    count = 0
    while left:
        node, above = left.pop()
        count += 1
        if count > MOST_NODES:
            raise ValueError(f'it places more than {MOST_NODES} nodes')
        if node.kind == 'Shape':
            yield node, above
        below = [child for child in _children(node) if isinstance(child, _Node)]
        if below:
            matrix = above @ _matrix(node) if node.kind == 'Transform' else above
            left += [(child, matrix) for child in reversed(below)]


def _children(node: _Node) -> list[Any]:
    found = node.fields.get(_GROUPS.get(node.kind, ''), [])
    nodes = found if isinstance(found, list) else [found]
    if node.kind == 'LOD':
        return nodes[:1]
    if node.kind == 'Switch':
        choice = int(node.numbers('whichChoice', (-1.0,))[0])
        return nodes[choice : choice + 1] if choice >= 0 else []
    return nodes


def _matrix(node: _Node) -> FloatArray:
    """Return what a transform does to what is below it, ``(4, 4)``."""
    center = node.numbers('center', (0, 0, 0))
    turned = turn(node.numbers('rotation', (0, 0, 1, 0)))
    askew = turn(node.numbers('scaleOrientation', (0, 0, 1, 0)))
    linear = turned @ (askew * node.numbers('scale', (1, 1, 1))) @ askew.T
    matrix = np.eye(4)
    matrix[:3, :3] = linear
    matrix[:3, 3] = node.numbers('translation', (0, 0, 0)) + center - linear @ center
    return matrix


def turn(stated: FloatArray) -> FloatArray:
    """Return the rotation ``(3, 3)`` about an axis by an angle in radians."""
    x, y, z = stated[:3] / (math.sqrt(float((stated[:3] ** 2).sum())) or 1.0)
    cos, sin = math.cos(stated[3]), math.sin(stated[3])
    across = np.array([(0, -z, y), (z, 0, -x), (-y, x, 0)])
    turned: FloatArray = np.eye(3) + sin * across + (1 - cos) * across @ across
    return turned


def _faces(shape: _Node) -> Soup | None:
    """Return the triangles of a shape; None where it has no surface."""
    geometry = shape.node('geometry')
    if geometry is None or geometry.kind in _NO_SURFACE:
        return None
    if geometry.kind != 'IndexedFaceSet':
        raise ValueError(f'the geometry {geometry.kind} is not read: export it as faces')
    coord, paint = geometry.node('coord'), geometry.node('color')
    vertices = numbers(coord.words('point') if coord else []).reshape(-1, 3)
    stated = whole_numbers(geometry.words('coordIndex'))
    index, sizes = _split(stated)
    if not len(sizes):
        return None
    cut, owner = triangulate(vertices, index, sizes)
    faces = index[cut]
    if geometry.words('ccw') == ['FALSE']:
        faces = faces[:, ::-1]
    appearance = shape.node('appearance')
    material = appearance.node('material') if appearance else None
    flat = material.numbers('diffuseColor', (0.8, 0.8, 0.8)) if material else np.full(3, GREY)
    color = np.tile(np.clip(flat, 0, 1), (len(faces), 1))
    if paint is not None:
        table = scaled(numbers(paint.words('color')).reshape(-1, 3))
        of_faces = geometry.words('colorPerVertex') == ['FALSE']
        named = whole_numbers(geometry.words('colorIndex'))
        place = owner if of_faces else cut
        if len(named):
            place = named[owner] if of_faces else _split(named)[0][cut]
        elif not of_faces:
            place = faces
        if len(table) <= place.max() or place.min() < 0:
            raise ValueError(f'a face names color {place.max()} of {len(table)}')
        color = table[place] if of_faces else table[place].mean(axis=1)
    clear = bool(material and material.numbers('transparency', (0,))[0] > CLEAR)
    return plain(vertices, faces, color)._replace(clear=np.full(len(faces), clear))


def _split(stated: IntArray) -> tuple[IntArray, IntArray]:
    """Return the corners of all polygons, which -1 ends, and how many each has."""
    ends = np.flatnonzero(np.append(stated, -1) < 0)
    sizes = np.diff(ends, prepend=-1) - 1
    return stated[stated >= 0], sizes[sizes > 0]
