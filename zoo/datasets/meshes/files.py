"""Meshes in files: OBJ, OFF, PLY, STL, glTF."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from zoo.datasets.meshes.beside import Beside, folder_files
from zoo.datasets.meshes.materials import triangle_paint
from zoo.datasets.meshes.mesh import FloatArray
from zoo.datasets.meshes.off import parse_off
from zoo.datasets.meshes.painted import PaintedMesh, paint
from zoo.datasets.meshes.soup import Soup, joined, plain
from zoo.datasets.meshes.wavefront import prepare_obj
from zoo.errors import UsageError

SUFFIXES = ('.obj', '.off', '.ply', '.stl', '.glb', '.gltf')
"""Endings of the files that can be read, in lower case."""


def read_mesh(path: str | Path) -> PaintedMesh:
    """Read a mesh with the colours of its triangles, in the frame of its file.

    All parts of a scene are put together, each where the scene has it. Polygons are cut into triangles, dented ones too
    (those of PLY files into fans). Colours are those of the faces, the vertices, the materials or their textures, grey
    where there are none. Normals are computed from the triangles, smooth up to a crease of 40 degrees: those in files
    are missing or wrong too often to be relied on.

    Args:
        path: A file with one of the ``SUFFIXES``; libraries and textures are looked for beside it.

    Raises:
        UsageError: The file is missing, empty, damaged, of another kind, or without a triangle that has an area.
    """
    where = Path(path)
    return paint(*read_soup(where), name=str(where))


def read_soup(path: str | Path) -> Soup:
    """Read the triangles of a file as they come; see ``read_mesh``.

    Returns:
        Without triangles where the file announces no faces: then its vertices are a cloud.

    Raises:
        UsageError: The file is missing, empty, damaged, of another kind, or its faces are no triangles.
    """
    where = Path(path)
    try:
        data = where.read_bytes()
    except OSError as error:
        raise UsageError(f'{where} cannot be read ({error.strerror or error}): give the path of a mesh') from error
    return _parse(data, where.suffix, str(where), folder_files(where.parent))


def parse_mesh(data: bytes, suffix: str, name: str, beside: Beside, *, materials: str = '') -> PaintedMesh:
    """Make a mesh of the content of a file; see ``read_mesh``.

    Args:
        data: The content.
        suffix: Ending that tells the format.
        name: What messages call the file.
        beside: Looks up the files that it names.
        materials: Wavefront library that stands behind those of an OBJ file.

    Raises:
        UsageError: As ``read_mesh``.
    """
    return paint(*_parse(data, suffix, name, beside, materials), name=name)


def _parse(data: bytes, suffix: str, name: str, beside: Beside, materials: str = '') -> Soup:
    """Choose the reader, and say in one line what it stumbled over."""
    kind = suffix.lower()
    if kind not in SUFFIXES:
        raise UsageError(f'{name} is no mesh that can be read: known are {", ".join(SUFFIXES)}')
    if not data.strip(b'\0 \t\r\n'):
        raise UsageError(f'{name} is empty: export or fetch it again')
    try:
        return parse_off(data) if kind == '.off' else _scene_soup(data, kind, beside, materials)
    except Exception as error:  # what a damaged file provokes in a parser is without limit
        reason = 'neither text nor a known binary form' if isinstance(error, ImportError) else error
        line = ' '.join(f'{type(error).__name__}: {reason}'.split())[:200]
        raise UsageError(
            f'{name} is no {kind[1:].upper()} file that can be read ({line}): export or fetch it again'
        ) from error


def _scene_soup(data: bytes, kind: str, beside: Beside, materials: str) -> Soup:
    """Read with trimesh, which leaves vertices and triangles alone, and put the parts of the scene together."""
    import trimesh

    if kind == '.obj':
        data = prepare_obj(data.decode('utf-8', errors='replace'), beside, materials).encode()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        loader: Any = trimesh.load_scene
        scene = loader(io.BytesIO(data), file_type=kind[1:], resolver=beside, process=False)
        parts: list[Soup] = []
        clouds = np.empty((0, 3))
        for node in sorted(scene.graph.nodes_geometry):
            transform, name = scene.graph[node]
            part = scene.geometry[name]
            if isinstance(part, trimesh.Trimesh) and len(part.faces):
                parts.append(_placed(part, np.asarray(transform, dtype=np.float64)))
            elif isinstance(part, trimesh.PointCloud):
                clouds = np.concatenate([clouds, part.vertices])
    return joined(parts) if parts else plain(clouds, np.empty((0, 3), dtype=np.int64))


def _placed(part: Any, transform: FloatArray) -> Soup:
    """Return one part where the scene has it; a transform that mirrors winds the faces back."""
    vertices, faces = np.asarray(part.vertices, dtype=np.float64), np.asarray(part.faces, dtype=np.int64)
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise ValueError('a triangle has a vertex that is not there')
    turned = faces if np.linalg.det(transform[:3, :3]) >= 0 else faces[:, ::-1]
    return Soup(vertices @ transform[:3, :3].T + transform[:3, 3], turned, *triangle_paint(part))
