"""The Object File Format, as ModelNet and the shape benchmarks of Princeton use it."""

from __future__ import annotations

import re

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray
from zoo.datasets.meshes.soup import Soup, plain, scaled, triangulate
from zoo.datasets.meshes.text import decoded, numbers, whole_numbers

_KIND = re.compile(r'(ST)?(C)?(N)?(4)?(n)?OFF')
"""First word of a file: texture, color, normal, a fourth coordinate, any number of coordinates."""


def parse_off(data: bytes) -> Soup:
    """Read vertices, polygons and colors.

    The counts may stand on the line of the header, with or without a space between, as in a third of ModelNet. Each
    vertex and each face has a line of its own, and only the first three values of a vertex are its place; where lines
    are fewer, the text is one row of numbers. Colors are those of the faces, else the means of those of the vertices;
    where one is above 1, they are of 255.

    Raises:
        ValueError: The text is no OFF file, or is not as long as it announces.
        OverflowError: A number is beyond all files.
    """
    kind, num_vertices, num_faces, lines = _split(decoded(data))
    words = [line.split() for line in lines]
    if len(words) < num_vertices + num_faces:
        words = _broken_up([word for row in words for word in row], num_vertices, num_faces)
    surplus = words[num_vertices + num_faces :]
    if surplus and _is_number(surplus[0][0]):
        raise ValueError(f'{num_vertices} vertices and {num_faces} faces are announced, {len(words)} lines follow')
    rows = words[:num_vertices]
    width = len(rows[0]) if rows else 3
    if width < 3 or any(len(row) != width for row in rows):
        raise ValueError('a vertex needs three coordinates, and all vertices as many values')
    table = numbers(word for row in rows for word in row).reshape(-1, width)
    vertices = table[:, :3]
    polygons = words[num_vertices : num_vertices + num_faces]
    sizes = whole_numbers(row[0] for row in polygons)
    for row, size in zip(polygons, sizes.tolist(), strict=True):
        if size < 1 or len(row) - 1 - size not in (0, 1, 3, 4):  # a number of a color, RGB or RGBA
            raise ValueError(f'a face announces {size} corners and has {len(row) - 1}')
    ends = (sizes + 1).tolist()
    index = whole_numbers(word for row, end in zip(polygons, ends, strict=True) for word in row[1:end])
    corners, owner = triangulate(vertices, index, sizes)
    faces = index[corners]
    color = np.full((len(faces), 3), np.nan)
    start = 6 if 'N' in kind else 3  # colors stand behind normals
    if 'C' in kind and width >= start + 3:
        color = scaled(table[:, start : start + 3])[faces].mean(axis=1)
    if any(len(row) > end for row, end in zip(polygons, ends, strict=True)):
        own = _behind(polygons, ends)[owner]
        painted = ~np.isnan(own[:, 0])
        if painted.any():
            color[painted] = scaled(own[painted])
    return plain(vertices, faces, color)


def _split(text: str) -> tuple[str, int, int, list[str]]:
    """Return the kind of file, its numbers of vertices and faces, and the lines after them."""
    stripped = [line.partition('#')[0].strip() for line in text.split('\n')] if '#' in text else text.split('\n')
    lines = [line for line in stripped if line and not line.isspace()]
    first = lines[0].strip() if lines else ''
    found = _KIND.match(first)
    if found is None:
        raise ValueError('it does not begin with OFF')
    kind, rest = found[0], first[found.end() :].split()
    if found[4] or found[5] or rest[:1] == ['BINARY']:
        raise ValueError(f'{" ".join([kind, *rest[:1]])} is not read, only texts of three coordinates')
    lines = lines[1:]
    if not rest:
        rest, lines = lines[0].split() if lines else [], lines[1:]
    if len(rest) < 2:
        raise ValueError('the numbers of vertices and faces are missing')
    num_vertices, num_faces = (int(word) for word in rest[:2])
    if num_vertices < 0 or num_faces < 0:
        raise ValueError(f'{num_vertices} vertices and {num_faces} faces are announced')
    return kind, num_vertices, num_faces, ([' '.join(rest[3:])] if rest[3:] else []) + lines


def _broken_up(words: list[str], num_vertices: int, num_faces: int) -> list[list[str]]:
    """Return one row for every vertex and every face of a text that is not in lines: it holds nothing else."""
    rows = [words[k : k + 3] for k in range(0, min(3 * num_vertices, len(words)), 3)]
    here = 3 * num_vertices
    while here < len(words):
        end = here + 1 + max(int(words[here]), 0)
        rows.append(words[here:end])
        here = end
    fits = here == len(words) and len(rows) == num_vertices + num_faces
    if not fits or any(len(row) < 4 for row in rows[num_vertices:]):
        raise ValueError(f'it is cut off: {num_vertices} vertices and {num_faces} faces are announced')
    return rows


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _behind(polygons: list[list[str]], ends: list[int]) -> FloatArray:
    """Return the RGB behind the corners of every face ``(P, 3)``, NaN where there are not three numbers."""
    none = ('nan', 'nan', 'nan')
    found = (row[end : end + 3] if len(row) >= end + 3 else none for row, end in zip(polygons, ends, strict=True))
    return numbers(word for row in found for word in row).reshape(-1, 3)
