"""LDraw parts: lines of triangles, quads and placements of other parts.

Source: https://www.ldraw.org/article/218.html (file format) and https://www.ldraw.org/article/415.html (BFC).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from zoo.datasets.meshes.beside import Beside
from zoo.datasets.meshes.mesh import FloatArray, IntArray
from zoo.datasets.meshes.polygons import cut
from zoo.datasets.meshes.soup import GREY, Soup, refuse_more
from zoo.datasets.meshes.text import decoded, numbers, whole_numbers

INHERITED = 16
"""The color that a part takes from where it is placed."""

DIRECT = 0x2000000
"""From here on the lower three bytes of a color are red, green and blue."""

DEEPEST = 64
"""Parts within parts; real ones have seven at most."""

FOLDERS = ('', '../p/', '../parts/', 'p/', 'parts/')
"""Where a part that another one names is looked for, in this order, seen from the file that is read."""

_COLOUR = re.compile(
    r'^\s*0\s+!COLOUR\s+\S+\s+CODE\s+(\d+)\s+VALUE\s+#([0-9A-F]{6})(?:.*\sALPHA\s+(\d+))?', re.MULTILINE | re.IGNORECASE
)


class _Part(NamedTuple):
    """Corners ``(F, 3, 3)`` of triangles wound counter-clockwise, and the color of each, ``(F,)``."""

    corners: FloatArray
    color: IntArray


def parse_ldraw(data: bytes, beside: Beside) -> Soup:
    """Read a part with all parts that it places, in the frame of this project: y up, where LDraw has it down.

    Quads are cut into triangles; edges are left out. Parts that are not certified wind as they stand. Colors are those
    of ``LDConfig.ldr`` of the library, grey where it or the color is not there.

    Args:
        data: The file.
        beside: Looks up the parts that it names, in its folder and in ``p`` and ``parts`` of the library.

    Raises:
        ValueError: A line is not as it should be, a part is missing, is within itself, or draws too much.
    """
    part = _Library(beside).read(data, 'it', ())
    faces = np.arange(part.color.size * 3).reshape(-1, 3)
    return Soup(part.corners.reshape(-1, 3) * (1.0, -1.0, -1.0), faces, *_painted(part.color, beside))


class _Library:
    """Reads every part once, however often it is placed."""

    def __init__(self, beside: Beside) -> None:
        self._beside = beside
        self._known: dict[str, _Part] = {}

    def _named(self, name: str, above: tuple[str, ...]) -> _Part:
        """Return a part by the name that a line gives it."""
        key = name.strip().replace('\\', '/').lower()
        if key in above:
            raise ValueError(f'part {key} is within itself')
        if len(above) > DEEPEST:
            raise ValueError(f'parts are within parts more than {DEEPEST} deep')
        if key not in self._known:
            self._known[key] = self.read(self._content(key), key, (*above, key))
        return self._known[key]

    def _content(self, key: str) -> bytes:
        for folder in FOLDERS:
            try:
                return self._beside.exact(folder + key)
            except FileNotFoundError:
                continue
        raise ValueError(f'the part {key} is not there: unpack the whole library, with its folders p and parts')

    def read(self, data: bytes, name: str, above: tuple[str, ...]) -> _Part:
        """Return the triangles of a file.

        Args:
            data: The file.
            name: Its name in messages.
            above: Parts that it is within.
        """
        clockwise, inverted = False, False
        own: dict[int, list[list[str]]] = {3: [], 4: []}
        turned: dict[int, list[bool]] = {3: [], 4: []}
        placed: list[_Part] = []
        total = 0
        for words in _lines(decoded(data)):
            kind = words[0]
            if kind == '0':
                statement = {word.upper() for word in words[2:]} if words[1:2] == ['BFC'] else set()
                clockwise = 'CW' in statement or (clockwise and 'CCW' not in statement)
                inverted = 'INVERTNEXT' in statement or (inverted and not statement)
                continue
            if kind in ('3', '4'):
                count = int(kind)
                if len(words) < 2 + 3 * count:
                    raise ValueError(f'{name} has a line of kind {kind} with {len(words)} words')
                own[count].append(words[1 : 2 + 3 * count])
                turned[count].append(clockwise)
            elif kind == '1':
                if len(words) < 15:
                    raise ValueError(f'{name} has a placement with {len(words)} words')
                part = self._named(' '.join(words[14:]), above)
                total += len(part.color)
                refuse_more(total)
                placed.append(_placed(part, words, inverted))
            inverted = False
        parts = [*(_polygons(own[count], turned[count], count) for count in (3, 4)), *placed]
        return _Part(np.concatenate([part.corners for part in parts]), np.concatenate([part.color for part in parts]))


def _lines(text: str) -> Iterator[list[str]]:
    """Yield the words of every line that has some."""
    return filter(None, map(str.split, text.split('\n')))


def _polygons(rows: list[list[str]], turned: list[bool], count: int) -> _Part:
    """Return the triangles of the polygons of a file with a number of corners."""
    if not rows:
        return _Part(np.empty((0, 3, 3)), np.empty(0, dtype=np.int64))
    refuse_more(len(rows) * (count - 2))
    corners = numbers(word for row in rows for word in row[1:]).reshape(-1, count, 3)
    if not np.isfinite(corners).all():
        raise ValueError('a corner is NaN or infinity')
    corners[np.array(turned)] = corners[np.array(turned)][:, ::-1]
    color = _codes(row[0] for row in rows)
    if count == 4:
        triangles = cut(corners)
        corners = np.take_along_axis(corners[:, None], triangles[..., None], axis=2).reshape(-1, 3, 3)
        color = np.repeat(color, 2)
    return _Part(corners, color)


def _codes(words: Iterator[str]) -> IntArray:
    """Return the colors of lines; direct ones are hexadecimal."""
    plain = (str(int(word, 16)) if word[:2].lower() == '0x' else word for word in words)
    return whole_numbers(plain)


def _placed(part: _Part, words: list[str], inverted: bool) -> _Part:
    """Return a part where a line places it: color, place, the rows of a matrix."""
    values = numbers(words[2:14])
    if not np.isfinite(values).all():
        raise ValueError('a placement has NaN or infinity')
    matrix = values[3:].reshape(3, 3)
    corners = part.corners @ matrix.T + values[:3]
    if (np.linalg.det(matrix) < 0) != inverted:
        corners = corners[:, ::-1]
    color = _codes(iter(words[1:2]))[0]
    return _Part(corners, np.where(part.color == INHERITED, color, part.color))


def _painted(color: IntArray, beside: Beside) -> tuple[FloatArray, np.ndarray]:
    """Return RGB ``(F, 3)``, and whether one half sees through, ``(F,)``."""
    known = {}
    for place in ('../LDConfig.ldr', '../ldconfig.ldr', 'LDConfig.ldr'):
        try:
            known = _colors(beside.exact(place))
            break
        except FileNotFoundError:
            continue
    codes, which = np.unique(color, return_inverse=True)
    rows = [known.get(code, _direct(code)) for code in codes.tolist()]
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)[which.reshape(-1)]
    return table[:, :3], table[:, 3] < 0.7


def _direct(code: int) -> tuple[float, ...]:
    if DIRECT <= code < 2 * DIRECT:
        return (*(byte / 255 for byte in (code & 0xFFFFFF).to_bytes(3, 'big')), 1.0)
    return (GREY, GREY, GREY, 1.0)


@functools.lru_cache(maxsize=4)
def _colors(config: bytes) -> dict[int, tuple[float, ...]]:
    """Return RGB and opacity in [0, 1] by code; that which is inherited stays grey."""
    found = {}
    for code, value, alpha in _COLOUR.findall(config.decode('utf-8', errors='replace')):
        rgb = (byte / 255 for byte in bytes.fromhex(value))
        found[int(code[:9])] = (*rgb, min(int((alpha or '255')[:4]), 255) / 255)
    found.pop(INHERITED, None)
    return found
