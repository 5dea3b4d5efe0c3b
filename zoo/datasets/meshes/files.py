"""Meshes in files: OBJ, OFF, PLY, STL, glTF, COLLADA, VRML, LDraw."""

from __future__ import annotations

import warnings
from pathlib import Path

from zoo.datasets.meshes.beside import Beside, folder_files
from zoo.datasets.meshes.collada import parse_collada
from zoo.datasets.meshes.gltf import parse_gltf
from zoo.datasets.meshes.ldraw import parse_ldraw
from zoo.datasets.meshes.off import parse_off
from zoo.datasets.meshes.painted import PaintedMesh, paint
from zoo.datasets.meshes.ply import parse_ply
from zoo.datasets.meshes.soup import Soup
from zoo.datasets.meshes.stl import parse_stl
from zoo.datasets.meshes.vrml import parse_vrml
from zoo.datasets.meshes.wavefront import parse_obj
from zoo.errors import UsageError

SUFFIXES = ('.obj', '.off', '.ply', '.stl', '.glb', '.gltf', '.dae', '.wrl')
"""Endings of the files that are looked for in folders of meshes, in lower case."""

READ = (*SUFFIXES, '.dat')
"""Endings of the files that can be read. Most files that end like an LDraw part are none."""


def read_mesh(path: str | Path) -> PaintedMesh:
    """Read a mesh with the colors of its triangles, in the frame of its file.

    COLLADA states up axis and unit, and LDraw's is fixed: these come with y up, COLLADA in metres.

    All parts of a scene are put together, each where the scene has it. Polygons are cut into triangles, dented ones
    too. Colors are those of the faces, the vertices, the materials or their textures, grey where there are none.
    Normals are computed from the triangles, smooth up to a crease of 40 degrees: those in files are missing or wrong
    too often to be relied on. A file that holds less or more than it announces is refused.

    Args:
        path: A file with one of the endings ``READ``; libraries and textures are looked for beside it.

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
        name: Name of the file in messages.
        beside: Looks up the files that it names.
        materials: Wavefront library that stands behind those of an OBJ file.

    Raises:
        UsageError: As ``read_mesh``.
    """
    return paint(*_parse(data, suffix, name, beside, materials), name=name)


def _parse(data: bytes, suffix: str, name: str, beside: Beside, materials: str = '') -> Soup:
    """Choose the reader, and say in one line what it stumbled over."""
    kind = suffix.lower()
    if kind not in READ:
        raise UsageError(f'{name} is no mesh that can be read: known are {", ".join(READ)}')
    if not data.strip(b'\0 \t\r\n'):
        raise UsageError(f'{name} is empty: export or fetch it again')
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # of pictures that are large
            if kind == '.off':
                return parse_off(data)
            if kind == '.obj':
                return parse_obj(data, beside, materials)
            if kind == '.ply':
                return parse_ply(data, beside)
            if kind == '.dae':
                return parse_collada(data, beside)
            if kind == '.dat':
                return parse_ldraw(data, beside)
            if kind == '.wrl':
                return parse_vrml(data)
            return parse_stl(data) if kind == '.stl' else parse_gltf(data, beside)
    except PermissionError:  # of a file that this one names
        raise
    except UsageError as error:  # something is missing here, not in the file
        raise UsageError(f'{name}: {error}') from error
    except Exception as error:  # what a damaged file provokes in a parser is without limit
        reason = str(error) if isinstance(error, ValueError) else f'{type(error).__name__}: {error}'
        line = ' '.join(reason.split())[:200]
        raise UsageError(
            f'{name} is no {kind[1:].upper()} file that can be read ({line}): export or fetch it again'
        ) from error
