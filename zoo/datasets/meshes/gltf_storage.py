"""What a glTF file stores: its JSON, its buffers, and the rows of numbers in them."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.beside import Beside
from zoo.datasets.meshes.draco import NAME, unpack_draco
from zoo.datasets.meshes.text import decoded

Json = dict[str, Any]

COMPONENTS = {5120: 'i1', 5121: 'u1', 5122: '<i2', 5123: '<u2', 5125: '<u4', 5126: '<f4'}
WIDTHS = {'SCALAR': 1, 'VEC2': 2, 'VEC3': 3, 'VEC4': 4, 'MAT2': 4, 'MAT3': 9, 'MAT4': 16}

LEAST = 1 << 22
"""Numbers that a file may have without storing them."""


def read_chunks(data: bytes) -> tuple[Json, bytes | None]:
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


class Storage:
    """Reads buffers when they are asked for, and nothing that is not used.

    Args:
        tree: The JSON of the file.
        binary: Its binary chunk.
        beside: Looks up other files.
    """

    def __init__(self, tree: Json, binary: bytes | None, beside: Beside) -> None:
        self.tree, self._binary, self._beside = tree, binary, beside
        self._buffers: dict[int, bytes] = {}
        self._meshes: dict[int, dict[str, NDArray[Any]]] = {}
        self._copied = 0

    @property
    def size(self) -> int:
        """Bytes of the buffers that were read."""
        return sum(map(len, self._buffers.values()))

    def item(self, kind: str, index: Any) -> Json:
        """Return an item of a list of the header."""
        items = self.tree.get(kind, [])
        if not isinstance(index, int) or not 0 <= index < len(items) or not isinstance(items[index], dict):
            raise ValueError(f'{kind} has no number {index!r}, it has {len(items)}')
        item: Json = items[index]
        return item

    def rows(self, index: Any, kind: str, primitive: Json) -> tuple[NDArray[Any], float]:
        """Return stored numbers ``(n, width)``, of which nothing is copied, and what they are divided by."""
        accessor = self.item('accessors', index)
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
            rows = self._unpacked(index, primitive)
            if len(rows) != count or rows.shape[1] != width:
                raise ValueError(f'{count} rows of {width} are announced, Draco has {rows.shape}')
        else:
            if not 0 <= count * width <= LEAST:
                raise ValueError(f'{count} rows are announced and not stored')
            rows = np.zeros((count, width), dtype)
        if sparse is None:
            return rows, divisor
        places = self._view(
            sparse['indices'], np.dtype(COMPONENTS[sparse['indices']['componentType']]), 1, sparse['count']
        )
        if len(places) and places.max() >= count:
            raise ValueError(f'row {places.max()} is replaced, of {count}')
        self._copied += rows.size
        if self._copied > 4 * LEAST + 16 * self.size:
            raise ValueError('it replaces the same numbers again and again')
        rows = rows.copy()
        rows[places[:, 0]] = self._view(sparse['values'], dtype, width, sparse['count'])
        return rows, divisor

    def _unpacked(self, index: Any, primitive: Json) -> NDArray[Any]:
        """Return rows that the extension of a primitive holds."""
        packed = primitive.get('extensions', {})
        if NAME not in packed:
            what = ', '.join(packed) or 'nothing'
            raise ValueError(f'its geometry is stored by {what}, which is not read: export it without compression')
        view = packed[NAME]['bufferView']
        if view not in self._meshes:
            content = bytes(self.content(self.item('bufferViews', view)))
            self._meshes[view] = unpack_draco(content, packed[NAME]['attributes'])
        name = next((name for name, place in primitive['attributes'].items() if place == index), '')
        if name not in self._meshes[view]:
            raise ValueError(f'Draco has no {name}')
        return self._meshes[view][name]

    def _view(self, place: Json, dtype: np.dtype[Any], width: int, count: Any) -> NDArray[Any]:
        """Return the rows of a part of a buffer; more than there are is not announced."""
        view = self.item('bufferViews', place['bufferView'])
        content = self.content(view)
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

    def content(self, view: Json) -> memoryview:
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
            stated = self.item('buffers', index)
            if 'uri' in stated:
                content = self.named(stated['uri'])
            elif index or self._binary is None:
                raise ValueError(f'buffer {index} is not there')
            else:
                content = self._binary
            if len(content) < stated['byteLength']:
                raise ValueError(f'it is cut off: {stated["byteLength"]} bytes are announced, {len(content)} are there')
            self._buffers[index] = content
        return self._buffers[index]

    def named(self, uri: str) -> bytes:
        """Return what a URI stands for."""
        if uri.startswith('data:'):
            return base64.b64decode(uri.partition('base64,')[2], validate=True)
        return self._beside.get(unquote(uri))
