"""What Wavefront OBJ files may say and trimesh does not read: dented polygons, several libraries, relative indices."""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np

from zoo.datasets.meshes.beside import Beside
from zoo.datasets.meshes.mesh import FloatArray
from zoo.datasets.meshes.polygons import cut

LIBRARY = 'materials of the mesh.mtl'
"""Name under which all libraries of a file are served as one."""

_REMARK = re.compile(r'^([ \t]*(?:v|vt|vn|f)[ \t][^#\n]*)#.*', re.MULTILINE)
_LIBRARIES = re.compile(r'^[ \t]*mtllib[ \t]+(.+?)[ \t]*$', re.MULTILINE)


def prepare_obj(text: str, beside: Beside, materials: str = '') -> str:
    """Return the text in a form that trimesh reads: triangles, positive indices, one library served by ``beside``.

    Args:
        text: The file.
        beside: Looks up its libraries.
        materials: A library that stands behind those of the file.

    Raises:
        ValueError: A vertex or a face is no row of numbers.
        IndexError: A polygon has a vertex that is not there.
    """
    text = text.replace('\r\n', '\n').replace('\r', '\n').replace('\\\n', ' ')
    libraries = [found for line in _LIBRARIES.findall(text) for found in _library(line, beside)]
    libraries.insert(0, materials)  # of materials with one name, the last one counts
    beside.serve(LIBRARY, '\n'.join(libraries).encode())
    lines = _REMARK.sub(r'\1', _LIBRARIES.sub('', text)).split('\n')
    _make_absolute(lines)
    _cut_polygons(lines)
    return '\n'.join([f'mtllib {LIBRARY}', *lines])


def _library(line: str, beside: Beside) -> list[str]:
    """Return the libraries of one line: one name with spaces, or several names."""
    for names in ([line], line.split()):
        found = []
        for name in names:
            try:
                found.append(beside.get(name).decode('utf-8', errors='replace'))
            except FileNotFoundError:
                continue
        if found:
            return found
    return []


def _make_absolute(lines: list[str]) -> None:
    """Replace indices that count from the latest vertex by those that count from the first."""
    if not any('-' in line for line in lines if line.startswith('f ')):
        return
    seen = {'v': 0, 'vt': 0, 'vn': 0}
    for number, line in enumerate(lines):
        word = line.split(None, 1)[0] if line.strip() else ''
        if word in seen:
            seen[word] += 1
        elif word == 'f' and '-' in line:
            counts = (seen['v'], seen['vt'], seen['vn'])
            lines[number] = 'f ' + ' '.join(_corner(corner, counts) for corner in line.split()[1:])


def _corner(corner: str, counts: tuple[int, int, int]) -> str:
    """Return ``v/vt/vn`` with positive indices."""
    parts = corner.split('/')
    return '/'.join(
        str(count + 1 + int(part)) if part.startswith('-') else part for part, count in zip(parts, counts, strict=False)
    )


def _cut_polygons(lines: list[str]) -> None:
    """Replace faces of more than three corners by triangles.

    The words of all faces of a kind are one flat list: a list a face would keep the garbage collector busy.
    """
    numbers: dict[int, list[int]] = defaultdict(list)
    corners: dict[int, list[str]] = defaultdict(list)
    for number, line in enumerate(lines):
        if line.startswith(('f ', 'f\t')):
            words = line.split()[1:]
            if len(words) > 3:
                numbers[len(words)].append(number)
                corners[len(words)] += words
    vertices = _vertices(lines) if numbers else np.empty((0, 3))
    for count, words in corners.items():
        index = np.array([word.partition('/')[0] for word in words]).astype(np.int64).reshape(-1, count) - 1
        if index.min() < 0:
            raise IndexError('a face counts its vertices from 0')
        triangles = cut(vertices[index]) + count * np.arange(len(index))[:, None, None]
        order, length = triangles.ravel().tolist(), 3 * (count - 2)
        for row, number in enumerate(numbers[count]):
            here = [words[k] for k in order[row * length : (row + 1) * length]]
            lines[number] = '\n'.join('f ' + ' '.join(here[k : k + 3]) for k in range(0, length, 3))


def _vertices(lines: list[str]) -> FloatArray:
    """Return the vertices of a file ``(V, 3)``; what stands behind three coordinates is left out."""
    rows = [line[2:] for line in lines if line.startswith(('v ', 'v\t'))]
    words = ' '.join(rows).split()
    if len(words) != 3 * len(rows):
        words = [word for row in rows for word in row.split()[:3]]
    return np.array(words, dtype=np.float64).reshape(len(rows), 3)
