"""Stereolithography files, binary or text."""

from __future__ import annotations

import struct

import numpy as np

from zoo.datasets.meshes.soup import Soup, plain
from zoo.datasets.meshes.text import decoded, numbers

HEAD = 84
"""Bytes before the triangles of a binary file; the last four are their number."""

TRIANGLE = np.dtype([('normal', '<f4', 3), ('corners', '<f4', (3, 3)), ('attribute', '<u2')])


def parse_stl(data: bytes) -> Soup:
    """Read triangles; a text may hold several solids.

    Raises:
        ValueError: The file is not as long as it announces, or a text is not as it should be.
    """
    begins = data[:HEAD].removeprefix(b'\xef\xbb\xbf').lstrip()[:5].lower() == b'solid'
    if len(data) >= HEAD:
        (count,) = struct.unpack_from('<I', data, HEAD - 4)
        held = (len(data) - HEAD) // TRIANGLE.itemsize
        if count == held:  # a binary file may begin with solid too
            vertices = np.frombuffer(data, TRIANGLE, count, HEAD)['corners'].reshape(-1, 3).astype(np.float64)
            return plain(vertices, np.arange(len(vertices)).reshape(-1, 3))
        if not begins or b'\0' in data[:HEAD]:
            raise ValueError(f'{count} triangles are announced, {held} are there')
    if not begins:
        raise ValueError('it does not begin with solid')
    return _text(decoded(data))


def _text(text: str) -> Soup:
    """Read a text of one statement a line: what is opened must be closed, and words in names have no say."""
    closes = {'endsolid': 'solid', 'endfacet': 'facet', 'endloop': 'outer'}
    inside = {'solid': [], 'facet': ['solid'], 'outer': ['solid', 'facet'], 'vertex': ['solid', 'facet', 'outer']}
    opened: list[str] = []
    places: list[str] = []
    sizes: list[int] = []
    facets = 0
    for number, line in enumerate(text.split('\n'), 1):
        words = line.split()
        key = words[0].lower() if words else ''
        if key in inside and opened != inside[key]:
            raise ValueError(f'line {number} has {key!r} in the wrong place')
        if key == 'vertex':
            if len(words) != 4:
                raise ValueError(f'line {number} needs three coordinates')
            places += words[1:]
            sizes[-1] += 1
        elif key in inside:
            opened.append(key)
            facets += key == 'facet'
            sizes += [0] if key == 'outer' else []
        elif key in closes and (not opened or opened.pop() != closes[key]):
            raise ValueError(f'line {number} has {key!r} in the wrong place')
    if opened:
        raise ValueError(f'it is cut off: the last {opened[-1]!r} has no end')
    if sizes != [3] * facets:
        raise ValueError(f'{facets} facets are announced, {sum(size == 3 for size in sizes)} triangles are there')
    vertices = numbers(places).reshape(-1, 3)
    return plain(vertices, np.arange(len(vertices)).reshape(-1, 3))
