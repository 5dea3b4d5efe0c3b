"""The Polygon File Format of Stanford, as text or binary."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.beside import Beside
from zoo.datasets.meshes.materials import material_paint, open_picture
from zoo.datasets.meshes.mesh import FloatArray, IntArray
from zoo.datasets.meshes.soup import Soup, plain, scaled, strip, triangulate
from zoo.datasets.meshes.text import decoded, numbers

TYPES = {'char': 'b', 'uchar': 'B', 'short': 'h', 'ushort': 'H', 'int': 'i', 'uint': 'I', 'float': 'f', 'double': 'd'}
TYPES |= {
    'int8': 'b',
    'uint8': 'B',
    'int16': 'h',
    'uint16': 'H',
    'int32': 'i',
    'uint32': 'I',
    'int64': 'q',
    'uint64': 'Q',
}
TYPES |= {'float32': 'f', 'float64': 'd'}
ORDERS = {'ascii': '<', 'binary_little_endian': '<', 'binary_big_endian': '>'}
PLACES = (('texture_u', 'texture_v'), ('u', 'v'), ('s', 't'))
"""Names of the coordinates on a texture, of vertices."""

_END = re.compile(rb'[\r\n]end_header[ \t]*')
Column = NDArray[Any] | tuple[IntArray, NDArray[Any]]
"""Values ``(n,)`` of n rows, or of lists: how many each row has ``(n,)``, and all of them, one after another."""


@dataclass
class Element:
    """What a header says of vertices, faces or others.

    Attributes:
        count: Rows.
        properties: Name, type, and type of the length of a list, empty for a single value.
        largest: Largest values of the types of colors that are whole numbers.
    """

    count: int
    properties: list[tuple[str, str, str]] = field(default_factory=list)
    largest: dict[str, int] = field(default_factory=dict)


def parse_ply(data: bytes, beside: Beside) -> Soup:
    """Read vertices, polygons, strips of triangles, and their colors or texture.

    Args:
        data: The file.
        beside: Looks up the texture.

    Raises:
        ValueError: The file is not as its header announces it.
    """
    order, elements, texture, body, lines = _header(data)
    columns: dict[str, dict[str, Column]] = {}
    here = 0
    for name, element in elements.items():
        columns[name], here = _rows(body, here, name, element, order)
        if lines is not None and columns[name]:
            here_on, lines = lines[: element.count], lines[element.count :]
            lists = [column[0] for column in columns[name].values() if isinstance(column, tuple)]
            wrong = np.flatnonzero(here_on != sum(lists, len(element.properties)))
            if len(wrong):
                raise ValueError(f'row {wrong[0] + 1} of {name!r} has {here_on[wrong[0]]} numbers')
    if body[here:].strip(b'\0 \t\r\n'):
        raise ValueError(f'{len(body) - here} bytes follow what is announced')
    if 'vertex' not in elements:
        raise ValueError('it has no vertices')
    vertex = columns['vertex']
    vertices = np.empty((0, 3))
    if elements['vertex'].count:
        vertices = np.stack([_single(vertex, axis) for axis in 'xyz'], axis=1).astype(np.float64)
    face = columns.get('face', {})
    sizes, index = _polygons(face)
    if len(sizes) and sizes.min() < 3:
        raise ValueError(f'a face has {sizes.min()} corners')
    drawn = len(sizes)
    for _, flat in (column for column in columns.get('tristrips', {}).values() if isinstance(column, tuple)):
        whole = _whole(flat)
        if whole.min(initial=0) < -1:
            raise ValueError(f'a strip has vertex {whole.min()}')
        pieces = [strip(piece[piece >= 0]) for piece in np.split(whole, np.flatnonzero(whole < 0))]
        triangles = np.concatenate(pieces)
        index = np.concatenate([index, triangles.ravel()])
        sizes = np.concatenate([sizes, np.full(len(triangles), 3)])
    corners, owner = triangulate(vertices, index, sizes)
    faces = index[corners]
    largest = {name: element.largest for name, element in elements.items()}
    color, of_faces = _color(vertex, largest['vertex']), _color(face, largest.get('face', {}))
    soup = plain(vertices, faces, None if color is None else color[faces].mean(axis=1))
    if of_faces is not None:
        own = owner < drawn
        soup.color[own] = of_faces[owner[own]]
    uv = _uv(vertex, face, index)
    if not texture or uv is None or not len(faces):
        return soup
    try:
        picture = open_picture(beside.get(texture))
    except FileNotFoundError:
        picture = None
    if picture is None:
        return soup
    from trimesh.visual.material import SimpleMaterial

    painted, clear = material_paint(SimpleMaterial(image=picture), uv, corners)
    return Soup(vertices, faces, painted, clear)


def _header(data: bytes) -> tuple[str, dict[str, Element], str, bytes, IntArray | None]:
    """Return the order of bytes, the elements, the name of a texture, and what follows.

    Of a text, that is doubles, and how many each line has.
    """
    data = data.removeprefix(b'\xef\xbb\xbf')
    first = re.match(rb'ply[ \t]*(\r\n|\n|\r)', data)
    end = _END.search(data, 0, 1 << 20)
    if first is None or end is None:
        raise ValueError('it does not begin with ply, or its header has no end')
    head = [line.split() for line in data[first.end() : end.start()].decode('latin-1').splitlines()]
    form, texture = '', ''
    elements: dict[str, Element] = {}
    for words in head:
        match words:
            case ['format', form, *_] if form in ORDERS:
                pass
            case ['element', name, count] if int(count) >= 0 and name not in elements:
                elements[name] = Element(int(count))
            case ['property', 'list', length, kind, name] if elements and TYPES[length] not in 'fd':
                next(reversed(elements.values())).properties.append((name, TYPES[kind], TYPES[length]))
            case ['property', kind, name] if elements:
                next(reversed(elements.values())).properties.append((name, TYPES[kind], ''))
            case ['comment', word, *rest] if word.lower() == 'texturefile':
                texture = ' '.join(rest)
            case [] | ['comment' | 'obj_info', *_]:
                pass
            case _:
                raise ValueError(f'its header has the line {" ".join(words)!r}')
    body = data[end.end() :].removeprefix(first[1])
    for element in elements.values():
        whole = [(name, np.dtype(kind)) for name, kind, _ in element.properties if kind not in 'fd']
        element.largest = {name: int(np.iinfo(kind).max) for name, kind in whole}
    if form != 'ascii':
        return ORDERS[form], elements, texture, body, None
    for element in elements.values():  # of a text, all is read as doubles
        element.properties = [(name, 'd', 'd' if length else '') for name, _, length in element.properties]
    rows = [line.split() for line in decoded(body).split('\n')]
    lengths = np.array([len(line) for line in rows if line], dtype=np.int64)
    announced = sum(element.count for element in elements.values() if element.properties)
    if len(lengths) != announced:
        raise ValueError(f'{announced} rows are announced, {len(lengths)} are there')
    values = numbers(word for line in rows for word in line).astype('<f8')
    return '<', elements, texture, values.tobytes(), lengths


def _rows(body: bytes, here: int, name: str, element: Element, order: str) -> tuple[dict[str, Column], int]:
    """Read an element that begins at a byte; return its columns, and where the next one begins."""
    least = sum(struct.calcsize(f'{order}{length or kind}') for _, kind, length in element.properties)
    if element.count * least > len(body) - here:
        raise ValueError(f'it is cut off: {element.count} rows of {name!r} are announced')
    if not element.count or not element.properties:
        return {}, here
    alike = _alike(body, here, element, order)
    return alike if alike is not None else _unlike(body, here, name, element, order)


def _alike(body: bytes, here: int, element: Element, order: str) -> tuple[dict[str, Column], int] | None:
    """Read rows whose lists are as long as those of the first, all at once; None if they are not."""
    fields: list[Any] = []
    at = here
    for name, kind, length in element.properties:
        size = 1
        if length:
            try:
                size = int(struct.unpack_from(order + length, body, at)[0])
            except (struct.error, ValueError, OverflowError):
                return None
            fields.append((f'{name} length', order + length))
            at += struct.calcsize(order + length)
        at += size * struct.calcsize(order + kind)
        if size < 0 or at > len(body):
            return None
        fields.append((name, order + kind, (size,)) if length else (name, order + kind))
    dtype = np.dtype(fields)
    if element.count * dtype.itemsize > len(body) - here:
        return None
    table = np.frombuffer(body, dtype, element.count, here)
    columns: dict[str, Column] = {}
    for name, _, length in element.properties:
        values = table[name]
        columns[name] = values
        if length:
            sizes = table[f'{name} length']
            if (sizes != sizes[0]).any():
                return None
            columns[name] = sizes.astype(np.int64), values.ravel()
    return columns, here + element.count * dtype.itemsize


def _unlike(body: bytes, here: int, name: str, element: Element, order: str) -> tuple[dict[str, Column], int]:
    """Read rows with lists of different lengths, one by one."""
    found: list[tuple[list[int], list[float]]] = [([], []) for _ in element.properties]
    for _ in range(element.count):
        for (_, kind, length), (sizes, values) in zip(element.properties, found, strict=True):
            try:
                size = 1
                if length:
                    stated = struct.unpack_from(order + length, body, here)[0]
                    size, here = int(stated), here + struct.calcsize(order + length)
                    if size != stated or size < 0:
                        raise ValueError(f'a list of {name!r} has length {stated}')
                    sizes.append(size)
                width = struct.calcsize(order + kind)
                if size * width > len(body) - here:
                    raise ValueError(f'it is cut off: {element.count} rows of {name!r} are announced')
                values += struct.unpack_from(f'{order}{size}{kind}', body, here)
                here += size * width
            except struct.error as error:
                raise ValueError(f'it is cut off: {element.count} rows of {name!r} are announced') from error
    columns: dict[str, Column] = {}
    for (key, kind, length), (sizes, values) in zip(element.properties, found, strict=True):
        flat = np.array(values, dtype=kind)
        columns[key] = (np.array(sizes, dtype=np.int64), flat) if length else flat
    return columns, here


def _single(columns: dict[str, Column], name: str) -> NDArray[Any]:
    """Return a column of single values."""
    values = columns.get(name)
    if not isinstance(values, np.ndarray):
        raise ValueError(f'vertices have no {name}')
    return values


def _polygons(face: dict[str, Column]) -> tuple[IntArray, IntArray]:
    """Return how many corners the polygons have ``(P,)``, and the vertices of all corners."""
    lists = {name: column for name, column in face.items() if isinstance(column, tuple)}
    if not face:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    named = [lists[name] for name in ('vertex_indices', 'vertex_index') if name in lists]
    if not named and len(lists) != 1:
        raise ValueError('faces have no list vertex_indices')
    sizes, index = (named or list(lists.values()))[0]
    return sizes, _whole(index)


def _whole(values: NDArray[Any]) -> IntArray:
    """Return indices, which a text holds as numbers of any kind."""
    whole = values.astype(np.int64)
    if (whole != values).any():
        raise ValueError('an index is no whole number')
    return whole


def _color(columns: dict[str, Column], largest: dict[str, int]) -> FloatArray | None:
    """Return RGB ``(n, 3)`` in [0, 1]; None where there is none."""
    found = [columns.get(name) for name in ('red', 'green', 'blue')]
    singles = [column for column in found if isinstance(column, np.ndarray)]
    if len(singles) < 3:
        return None
    rgb = np.stack(singles, axis=1).astype(np.float64)
    return np.clip(rgb / largest['red'], 0, 1) if 'red' in largest else scaled(rgb)


def _uv(vertex: dict[str, Column], face: dict[str, Column], index: IntArray) -> FloatArray | None:
    """Return the place of every corner on the texture ``(C, 2)``; None where there is none."""
    stated = face.get('texcoord')
    if isinstance(stated, tuple) and len(stated[1]) == 2 * len(index):
        return stated[1].reshape(-1, 2).astype(np.float64)
    for names in PLACES:
        pair = [column for column in map(vertex.get, names) if isinstance(column, np.ndarray)]
        if len(pair) == 2:
            return np.stack(pair, axis=1).astype(np.float64)[index]
    return None
