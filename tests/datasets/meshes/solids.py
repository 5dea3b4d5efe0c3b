"""Small meshes for tests, and files of them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import trimesh

from tests.datasets.refusals import refused
from zoo.datasets.meshes.files import read_mesh, read_soup
from zoo.datasets.meshes.mesh import Mesh
from zoo.datasets.meshes.painted import PaintedMesh, paint
from zoo.datasets.procedural.primitives import box
from zoo.errors import UsageError

RED = (1.0, 0.0, 0.0)

CORNERS = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
SIDES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
TRIANGLES = [(s[0], s[i], s[i + 1]) for s in SIDES for i in (1, 2)]
"""A unit cube, wound to the outside: its places, its squares, its triangles."""


def icosphere(times: int = 2) -> tuple[list[tuple[float, ...]], list[tuple[int, ...]]]:
    """Places and 20 * 4 ** times triangles of a sphere of radius 1, wound to the outside; nothing of a library."""
    g = (1 + 5**0.5) / 2
    places = [(0, s, t * g) for s in (1, -1) for t in (1, -1)]
    places = [tuple(np.roll(place, k)) for k in range(3) for place in places]
    size = (1 + g * g) ** 0.5
    places = [tuple(float(x) / size for x in place) for place in places]
    near = [[np.dot(a, b) > 0.4 and a != b for b in places] for a in places]
    faces = []
    for i in range(12):
        for j in range(i):
            for k in range(j):
                if near[i][j] and near[j][k] and near[k][i]:
                    outside = np.linalg.det([places[i], places[j], places[k]]) > 0
                    faces.append((i, j, k) if outside else (i, k, j))
    for _ in range(times):
        halves: dict[tuple[int, int], int] = {}

        def half(a: int, b: int, halves=halves) -> int:
            key = (min(a, b), max(a, b))
            if key not in halves:
                middle = np.add(places[a], places[b])
                halves[key] = len(places)
                places.append(tuple((middle / np.linalg.norm(middle)).tolist()))
            return halves[key]

        cut = []
        for a, b, c in faces:
            ab, bc, ca = half(a, b), half(b, c), half(c, a)
            cut += [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
        faces = cut
    return places, faces


def measures(vertices, faces) -> tuple[int, float, float]:
    """Number, area and volume of triangles, one by one."""
    area = volume = 0.0
    for face in np.asarray(faces).tolist():
        a, b, c = (np.asarray(vertices[k], dtype=float) for k in face)
        area += float(np.linalg.norm(np.cross(b - a, c - a))) / 2
        volume += float(np.linalg.det([a, b, c])) / 6
    return len(faces), area, volume


def write_bytes(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def check_cube(path: Path, content: bytes | str) -> None:
    """Read a file as a cube of twelve triangles."""
    soup = read_soup(write_bytes(path, content))
    assert measures(soup.vertices, soup.faces) == pytest.approx((12, 6, 1), rel=1e-6)


def check_sphere(path: Path, content: bytes | str, rel: float = 1e-12, shift: float = 0.0) -> None:
    """Read a file as the sphere ``icosphere()``, moved by a shift."""
    soup = read_soup(write_bytes(path, content))
    assert measures(soup.vertices - shift, soup.faces) == pytest.approx(measures(*icosphere()), rel=rel)


def check_refused(path: Path, content: bytes | str, words: str = '', readers=(read_mesh,)) -> None:
    """Read a broken file, which is named in one line that holds some words (a regular expression)."""
    write_bytes(path, content)
    for read in readers:
        message = refused(read, path)
        assert message.startswith(str(path))
        assert re.search(words, message), message


def painted(mesh: Mesh, color=RED) -> PaintedMesh:
    faces = mesh.faces
    return paint(
        mesh.vertices, faces, np.tile(np.array(color, float), (len(faces), 1)), np.zeros(len(faces), bool), name='it'
    )


def save_box(path: Path, *sides: float) -> Path:
    """Write a box of the given sides."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cube = box(*sides)
    trimesh.Trimesh(cube.vertices, cube.faces, process=False).export(path)
    return path


def read_or_refused(path: Path) -> None:
    """A damaged file gives a mesh of finite places, or one line that names it."""
    line = str(path)
    try:
        assert np.isfinite(read_mesh(path).mesh.vertices).all()
    except UsageError as error:
        line = str(error)
    assert str(path) in line
    assert '\n' not in line
