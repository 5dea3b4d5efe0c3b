"""Small collections in the layouts of their publishers."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import trimesh

from tests.datasets.meshes.solids import CORNERS, SIDES, write_bytes

POINTS = ','.join('{} {} {}'.format(*corner) for corner in CORNERS)
INDEX = ',-1,'.join(','.join(map(str, side)) for side in SIDES)
HEAD = '0 {}\n0 Author: Anna\n0 !LDRAW_ORG {} UPDATE 2020-01\n0 !LICENSE Licensed under CC BY {} : see CAreadme.txt\n'
OPTIONS = {'num_points': 64, 'views': 1, 'image_size': 16, 'workers': 1}


def wrl(x: float, y: float = 1, z: float = 1) -> str:
    """A box with its corner at the origin."""
    points = ','.join(f'{x * a} {y * b} {z * c}' for a, b, c in CORNERS)
    faces = f'IndexedFaceSet {{ coordIndex [{INDEX}] coord Coordinate {{ point [{points}] }} }}'
    return f'#VRML V2.0 utf8\nShape {{ geometry {faces} }}\n'


def glb(*sides: float, times: int = 0) -> bytes:
    mesh = trimesh.creation.box(sides)
    for _ in range(times):
        mesh = mesh.subdivide()
    content: bytes = mesh.export(file_type='glb')
    return content


def kicad(root: Path) -> Path:
    for name, sides in {'LED_D3.0mm': (1, 1, 2), 'LED_D5.0mm': (1, 1, 3), 'LED_Square': (2, 1, 5)}.items():
        write_bytes(root / f'usr/share/kicad/3dmodels/LED_THT.3dshapes/{name}.wrl', wrl(*sides))
    write_bytes(root / 'usr/share/kicad/3dmodels/Relay.3dshapes/Relay_A.wrl', wrl(1, 2, 3))
    write_bytes(root / 'usr/share/kicad/3dmodels/Relay.3dshapes/Relay_B.wrl', '#VRML V2.0 utf8\nShape {')
    write_bytes(
        root / 'usr/share/doc/kicad-packages3d/copyright',
        'Format: x\n\nFiles: *\nCopyright: 2022, KiCad Community\nLicense: CC-BY-SA-4.0-with-exception\n\n'
        'Files: Relay.3dshapes/*\nCopyright: 2017, Somebody\nLicense: GPL-3+\n',
    )
    return root


def ldraw(root: Path) -> Path:
    square = '\n'.join('4 16 ' + ' '.join(str(x) for corner in side for x in CORNERS[corner]) for side in SIDES)
    parts = {
        '1': ('Brick  1 x  1', 'Part', '4.0'),
        '2': ('~Moved to 1', 'Part', '4.0'), '3': ('=Brick', 'Part Alias', '4.0'),
        '4': ('Tile 1 x 1 with Red Pattern', 'Part', '4.0'), '5': ('Cone', 'Part', '2.0'),
    }  # fmt: skip
    for number, (title, kind, version) in parts.items():
        own = '0 !CATEGORY Slope\n0 !KEYWORDS Tower, roof\n' if number == '5' else ''
        lines = HEAD.format(title, kind, version) + own + f'1 16 0 0 0 {number} 0 0 0 1 0 0 0 1 cube.dat\n'
        write_bytes(root / f'ldraw/parts/{number}.dat', lines)
    write_bytes(root / 'ldraw/parts/s/1s01.dat', HEAD.format('~Brick half', 'Subpart', '4.0') + square)
    write_bytes(root / 'ldraw/p/cube.dat', HEAD.format('Cube', 'Primitive', '4.0') + square)
    write_bytes(root / 'ldraw/CAreadme.txt', 'CC BY 4.0')
    return root


def decentraland(root: Path) -> Path:
    assets = {
        'Chair_Red': (
            {'name': 'Chair Red', 'category': 'furniture', 'tags': ['seat'], 'caption': 'A red chair.'}, (1, 2, 1),
        ),
        'chair_blue': ({'name': 'Chair Blue', 'category': 'furniture', 'tags': [], 'caption': ''}, (2, 4, 2)),
        'b_red': ({'name': 'B Red', 'category': 'decorations', 'tags': [], 'caption': 'Letter.'}, (1, 3, 1)),
        'rug': ({'name': 'Rug', 'category': 'decorations', 'tags': [], 'caption': ''}, (4, 0.01, 4)),
        'lamp': ({}, (1, 5, 1)),
    }  # fmt: skip
    for name, (stated, sides) in assets.items():
        folder = root / 'asset-packs-main' / 'packs' / 'office' / 'assets' / name
        write_bytes(folder / name / 'Mesh.glb', glb(*sides, times=int(name == 'chair_blue')))
        write_bytes(folder / name / 'Mesh_collider.glb', glb(1, 1, 1))
        write_bytes(folder / 'data.json', json.dumps(stated) if stated else '{"name": ')
    return root


def base_meshes(root: Path) -> Path:
    """Two meshes as the manifest states them, one of which it knows nothing, and one that was changed since."""
    stated = []
    for number, name in enumerate(('apple', 'anvil_01', 'axe', 'bench')):
        path = write_bytes(root / 'base-meshes-main' / 'models' / name / f'{name}.glb', glb(1, 2, 3 + number))
        if name != 'axe':
            total = hashlib.sha256(b'before' if name == 'bench' else path.read_bytes()).hexdigest()
            stated.append({'path': f'models/{name}/{name}.glb', 'sha256': total, 'size': 1, 'role': 'Mesh'})
    write_bytes(root / 'base-meshes-main' / 'category-report.txt', '## FOOD (1)\nApple\n## TOOLS (2)\nAnvil 01\nAxe\n')
    write_bytes(root / 'base-meshes-main' / 'store-manifest.json', json.dumps({'files': stated}))
    return root


def zipped(root: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, 'w') as archive:
        for file in sorted(root.rglob('*')):
            if file.is_file():
                archive.write(file, file.relative_to(root).as_posix())
        archive.writestr('../outside.txt', 'no')
        archive.writestr('/root.txt', 'no')
    return path


def clouds(dataset) -> np.ndarray:
    return np.stack([dataset.points(index) for index in range(len(dataset))])
