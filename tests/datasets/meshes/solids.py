"""Small meshes for tests, and files of them."""

from __future__ import annotations

import io
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from tests.refusals import refused
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


def icosphere() -> tuple[list[list[float]], list[list[int]]]:
    """Places and 320 triangles of a sphere of radius 1, wound to the outside."""
    sphere = trimesh.creation.icosphere(subdivisions=2)
    return sphere.vertices.tolist(), sphere.faces.tolist()


def measures(vertices, faces) -> tuple[int, float, float]:
    """Number, area and volume of triangles; the volume is positive when they look outwards (divergence theorem)."""
    a, b, c = np.moveaxis(np.asarray(vertices, dtype=float)[np.asarray(faces)], 1, 0)
    cross = np.cross(b - a, c - a)
    return len(a), float(np.linalg.norm(cross, axis=1).sum()) / 2, float((a * cross).sum()) / 6


def volume(mesh: Mesh) -> float:
    return measures(mesh.vertices, mesh.faces)[2]


def open_edges(mesh: Mesh) -> int:
    """The number of edges that lack a neighbor running the other way; 0 for a closed surface."""
    places = np.unique(np.round(mesh.vertices, 9) + 0.0, axis=0, return_inverse=True)[1].reshape(-1)
    corners = places[mesh.faces]
    corners = corners[(corners != np.roll(corners, 1, axis=1)).all(axis=1)]
    edges = Counter(zip(corners.ravel().tolist(), np.roll(corners, -1, axis=1).ravel().tolist(), strict=True))
    return sum(abs(count - edges[second, first]) for (first, second), count in list(edges.items()))


def write_bytes(path: Path, content: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def png(pixels) -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(content, 'png')
    return content.getvalue()


def check_place(item: PaintedMesh, low, high, size: float) -> None:
    """Compare the box and the signed volume of a mesh with what they are to be."""
    assert item.mesh.vertices.min(axis=0) == pytest.approx(low)
    assert item.mesh.vertices.max(axis=0) == pytest.approx(high)
    assert volume(item.mesh) == pytest.approx(size)


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
