"""Meshes in the Object File Format, with the broken first lines of ModelNet."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from zoo.datasets.meshes.mesh import IntArray, Mesh, face_areas
from zoo.errors import UsageError

AGAIN = 'fetch it again'


def read_off(path: str | Path) -> Mesh:
    """Read a mesh in the axes of the file.

    Thousands of files of ModelNet40 have no line end after the word ``OFF``, so that they begin like ``OFF490 518 0``;
    they are read all the same. Polygons are cut into triangles; colours and what follows the faces are passed over.

    Args:
        path: The file.

    Returns:
        V vertices and F triangles, all finite and in range, not without area.

    Raises:
        UsageError: The file is missing or damaged.
    """
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f'{path} cannot be read ({error.strerror}): {AGAIN}') from error
    try:
        mesh = _parsed(text)
    except (ValueError, OverflowError) as error:
        reason = ' '.join(str(error).split())
        raise UsageError(f'{path} cannot be read as an OFF mesh ({reason:.120}): {AGAIN}') from error
    if not np.isfinite(mesh.vertices).all():
        raise UsageError(f'{path} has NaN or infinity among its vertices: {AGAIN}')
    if not face_areas(mesh.vertices, mesh.faces).sum() > 0:
        raise UsageError(f'{path} has no face with an area: {AGAIN}')
    return mesh


def _parsed(text: bytes) -> Mesh:
    """Read vertices and triangles from the text of a file."""
    if b'#' in text:
        text = re.sub(rb'#[^\n]*', b'', text)
    head = text.lstrip()
    if not head.startswith(b'OFF'):
        raise ValueError('it does not begin with OFF')
    *counts, body = [*head[3:].split(None, 3), b''][:4]
    if len(counts) < 3:
        raise ValueError('it ends within its first lines')
    num_vertices, num_faces = int(counts[0]), int(counts[1])
    if num_vertices < 3 or num_faces < 1:
        raise ValueError(f'it has {num_vertices} vertices and {num_faces} faces')
    words = body.split()
    needed = 3 * num_vertices + 4 * num_faces
    if len(words) < needed:
        raise ValueError(f'it is cut off: at least {needed} numbers are needed and there are {len(words)}')
    vertices = np.array(words[: 3 * num_vertices], dtype=np.float64).reshape(-1, 3)
    faces = _faces(body, words[3 * num_vertices :], num_vertices, num_faces)
    if faces.min() < 0 or faces.max() >= num_vertices:
        raise ValueError(f'a face names vertex {max(faces.max(), -faces.min())} of {num_vertices}')
    return Mesh(vertices, faces)


def _faces(body: bytes, words: list[bytes], num_vertices: int, num_faces: int) -> IntArray:
    """Return the triangles ``(F, 3)``: all at once where there is nothing else, line by line otherwise."""
    if len(words) == 4 * num_faces:
        table = np.array(words, dtype=np.int64).reshape(-1, 4)
        if (table[:, 0] == 3).all():
            return table[:, 1:]
    lines = [line.split() for line in body.splitlines() if line.strip()][num_vertices : num_vertices + num_faces]
    triangles = []
    for line in lines:
        corners = [int(word) for word in line[1 : 1 + int(line[0])]]
        if len(corners) != int(line[0]):
            raise ValueError('a face has fewer vertices than it says')
        triangles += [(corners[0], corners[k], corners[k + 1]) for k in range(1, len(corners) - 1)]
    if len(lines) < num_faces or not triangles:
        raise ValueError(f'{num_faces} faces are announced, {len(lines)} are there')
    return np.array(triangles, dtype=np.int64)
