"""glTF compressed by Draco, with and without the package."""

from __future__ import annotations

import random
import sys

import numpy as np
import pytest
import trimesh

from tests.datasets.meshes.solids import CORNERS, TRIANGLES, measures, read_or_refused, write_bytes
from tests.datasets.meshes.test_gltf import Maker
from tests.refusals import refused
from tests.shared import shared_file
from zoo.datasets.meshes.files import read_mesh

HEAD = b'DRACO\2\2\1\1\0\0'


def write(path, content: bytes, vertices: int = 8, corners: int = 36):
    """Write a file whose one primitive Draco has compressed."""
    maker = Maker()
    packed = {'bufferView': maker.view(content), 'attributes': {'POSITION': 0}}
    maker.add('accessors', {'componentType': 5126, 'count': vertices, 'type': 'VEC3'})
    maker.add('accessors', {'componentType': 5125, 'count': corners, 'type': 'SCALAR'})
    part = {'attributes': {'POSITION': 0}, 'indices': 1, 'extensions': {'KHR_draco_mesh_compression': packed}}
    maker.mesh(part)
    return write_bytes(path, maker.glb())


def test_without_the_package_the_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'DracoPy', None)
    message = refused(read_mesh, write(tmp_path / 'a.glb', HEAD + bytes(9)))
    assert 'pip install "recon-zoo[draco]"' in message
    assert 'fetch it again' not in message


def test_a_cube_comes_back_and_its_counts_have_to_be_right(tmp_path):
    draco = pytest.importorskip('DracoPy')
    content = draco.encode(np.array(CORNERS, dtype=np.float32), np.array(TRIANGLES, dtype=np.uint32))
    count = len(draco.decode(content).points)
    item = read_mesh(write(tmp_path / 'a.glb', content, count))
    assert measures(item.mesh.vertices, item.mesh.faces) == pytest.approx((12, 6, 1), rel=1e-3)
    assert '9 rows of 3 are announced' in refused(read_mesh, write(tmp_path / 'a.glb', content, 9))


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'nothing of the kind', 'does not begin'),
        (HEAD + b'\0\xff\xff\xff\xff\x0f\xff\xff\xff\xff\x0f', 'it draws 4294967295 triangles'),
        (HEAD[:8] + b'\0\0\0' + b'\xff\xff\xff\xff\x0f\xff\xff\xff\xff\x0f', 'it draws 4294967295 triangles'),
        (HEAD + b'\0' + b'\xff' * 5, 'cut off'),
        (HEAD[:7] + b'\0' + bytes(9), 'a cloud where a mesh should be'),
        (HEAD + bytes(20), 'is damaged'),
    ],
)
def test_what_is_wrong_is_said_before_memory_is_taken(tmp_path, content, message):
    pytest.importorskip('DracoPy')
    assert message in refused(read_mesh, write(tmp_path / 'a.glb', content))


@pytest.mark.parametrize('seed', range(8))
def test_files_damaged_in_any_way_are_read_or_refused_in_one_line(tmp_path, seed):
    draco = pytest.importorskip('DracoPy')
    rng = random.Random(seed)
    mesh = trimesh.creation.icosphere(subdivisions=seed % 3)
    good = draco.encode(mesh.vertices.astype(np.float32), mesh.faces.astype(np.uint32), compression_level=seed)
    for number in range(20):
        content = bytearray(good)
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(len(content))
            kind = rng.randrange(4)
            if kind == 0:
                content[place] = rng.choice((0, 127, 128, 255, rng.randrange(256)))
            elif kind == 1:
                content = content[: max(place, 1)]
            elif kind == 2:
                content[place:place] = bytes([255]) * rng.randint(1, 9)
            else:
                del content[place : place + rng.randint(1, 9)]
            content = content or bytearray(1)
        path = write(tmp_path / f'{number}.glb', bytes(content), len(mesh.vertices), mesh.faces.size)
        read_or_refused(path)


def test_files_as_their_publisher_ships_them():
    pytest.importorskip('DracoPy')
    left, right = (
        read_mesh(shared_file('data', 'samples', 'draco', f'Roof_Vent{side}-transformed.glb')) for side in 'LR'
    )
    assert len(left.mesh.faces) == len(right.mesh.faces) == 140
    assert left.mesh.vertices[:, 0].max() == pytest.approx(-right.mesh.vertices[:, 0].min(), rel=1e-3)
