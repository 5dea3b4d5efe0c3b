"""The Object File Format, as ModelNet and the shape benchmarks of Princeton use it."""

from __future__ import annotations

import numpy as np

from zoo.datasets.meshes.mesh import FloatArray, IntArray
from zoo.datasets.meshes.polygons import cut

HEADER = ('OFF', 'COFF', 'NOFF', 'CNOFF', 'STOFF', 'STCOFF')
"""First words of a file; what their letters add to a vertex is skipped, a colour apart."""


def parse_off(text: str) -> tuple[FloatArray, IntArray, FloatArray]:
    """Read vertices, polygons and colours.

    The counts may stand on the line of the header, with or without a space between, as in a third of ModelNet.
    Colours are those of the faces, else the means of those of the vertices; where one is above 1, they are of 255.

    Returns:
        Vertices ``(V, 3)``, triangles ``(F, 3)``, RGB of every triangle ``(F, 3)``, NaN where there is none.

    Raises:
        ValueError: The text is no OFF file, ends too early, or has lines that are not as they should be.
    """
    kind, counts, lines = _split(text)
    vertex_count, face_count = counts
    if vertex_count < 0 or face_count < 0 or len(lines) < vertex_count + face_count:
        raise ValueError(f'{vertex_count} vertices and {face_count} faces are announced, {len(lines)} lines follow')
    rows = _numbers(lines[:vertex_count])
    if rows.shape[1] < 3:
        raise ValueError('a vertex needs three coordinates')
    faces, extra = _polygons(lines[vertex_count : vertex_count + face_count], rows[:, :3])
    colour = np.full((len(faces), 3), np.nan)
    start = 6 if 'N' in kind else 3  # colours stand behind normals
    if 'C' in kind and rows.shape[1] >= start + 3:
        painted = _scaled(rows[:, start : start + 3])
        colour = painted[faces].mean(axis=1)
    own = ~np.isnan(extra[:, 0])
    colour[own] = _scaled(extra[own])
    return rows[:, :3], faces, colour


def _split(text: str) -> tuple[str, tuple[int, int], list[str]]:
    """Return the kind of file, its two counts, and the lines after them."""
    plain = [line.partition('#')[0].strip() for line in text.splitlines()]
    lines = [line for line in plain if line]
    first = lines[0] if lines else ''
    kind = first[: len(first) - len(first.lstrip('OFCNST'))]
    if kind not in HEADER:
        raise ValueError('the first line is not OFF')
    rest = first[len(kind) :].split()
    if not rest:
        lines = lines[1:]
        rest = lines[0].split() if lines else []
    if len(rest) < 2:
        raise ValueError('the numbers of vertices and faces are missing')
    return kind, (int(rest[0]), int(rest[1])), lines[1:]


def _numbers(lines: list[str]) -> FloatArray:
    """Return the numbers of lines that are equally long, shape ``(lines, numbers)``."""
    if not lines:
        raise ValueError('there are no vertices')
    width = len(lines[0].split())
    words = [line.split() for line in lines]
    if any(len(row) != width for row in words):
        raise ValueError('vertices have different numbers of values')
    return np.array(words, dtype=np.float64)


def _polygons(lines: list[str], vertices: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return triangles ``(F, 3)`` and what stands behind their indices as RGB ``(F, 3)``, NaN where nothing does."""
    words = [line.split() for line in lines]
    lengths = np.array([len(row) for row in words], dtype=np.int64)
    faces, colours = [np.empty((0, 3), dtype=np.int64)], [np.empty((0, 3))]
    for length in np.unique(lengths):
        table = np.array([words[i] for i in np.flatnonzero(lengths == length)], dtype=np.float64)
        for corners in np.unique(table[:, 0]).astype(int):
            if not 1 <= corners < length:
                raise ValueError(f'a face announces {corners} corners and has {length - 1}')
            rows = table[table[:, 0] == corners]
            index = rows[:, 1 : corners + 1].astype(np.int64)
            if index.min() < 0 or index.max() >= len(vertices):
                raise ValueError('a face has a vertex that is not there')
            if corners < 3:
                continue
            triangles = cut(vertices[index])
            faces.append(np.take_along_axis(index[:, None, :], triangles, axis=2).reshape(-1, 3))
            behind = rows[:, corners + 1 : corners + 4]
            colour = behind if behind.shape[1] == 3 else np.full((len(rows), 3), np.nan)
            colours.append(np.repeat(colour, corners - 2, axis=0))
    return np.concatenate(faces), np.concatenate(colours)


def _scaled(colour: FloatArray) -> FloatArray:
    """Bring colours of 255 or of 1 into [0, 1]."""
    whole = colour.size and colour.max() > 1
    return np.clip(colour / 255 if whole else colour, 0, 1)
