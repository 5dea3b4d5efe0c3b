"""Small meshes for tests, and files of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import trimesh

from zoo.datasets.meshes.mesh import Mesh
from zoo.datasets.meshes.painted import PaintedMesh, paint
from zoo.datasets.procedural.primitives import box

RED = (1.0, 0.0, 0.0)


def painted(mesh: Mesh, colour=RED) -> PaintedMesh:
    faces = mesh.faces
    return paint(
        mesh.vertices, faces, np.tile(np.array(colour, float), (len(faces), 1)), np.zeros(len(faces), bool), name='it'
    )


def save_box(path: Path, *sides: float) -> Path:
    """Write a box of the given sides."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cube = box(*sides)
    trimesh.Trimesh(cube.vertices, cube.faces, process=False).export(path)
    return path
