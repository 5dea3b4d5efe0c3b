"""A Debian package in the layout of ``sweethome3d-furniture``, with furniture of a few triangles."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np

from tests.datasets.meshes.solids import png

COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: toys

Files: *
Copyright: 2006-2022, Somebody
License: GPL-2+

Files: Toys/*
  Other/*
Copyright: 2010, Anna
           2012,   Bert
License: CC-BY-3.0-USA
 The text of the licence.
 .
 Files: this is a line of the text.
"""

CUBE = """# cube.obj, Copyright (c) 2014 Anna
# distributed under the licence CC-BY
mtllib cube.mtl
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
v 0 0 1
v 1 0 1
v 1 1 1
v 0 1 1
usemtl red
f 4 3 2 1
f 5 6 7 8
f 1 2 6 5
usemtl amber
f 2 3 7 6
f 3 4 8 7
f 4 1 5 8
"""

LINES = 'v 0 0 0\nv 1 0 0\nv 1 1 0\nl 1 2 3\n'


def icon() -> bytes:
    """A red square with clear edges."""
    pixels = np.zeros((32, 32, 4), dtype=np.uint8)
    pixels[8:24, 8:24] = (255, 0, 0, 255)
    return png(pixels)


def table(pieces: list[dict[str, str]], **about: str) -> str:
    """Return a properties file."""
    lines = ['# toys', *(f'{key}={value}' for key, value in about.items()), '']
    for number, piece in enumerate(pieces, 1):
        lines += [f'{key}#{number}={value}' for key, value in piece.items()]
    return '\n'.join(lines)


def piece(name: str, category: str = 'Kitchen', **more: str) -> dict[str, str]:
    """Return the rows of one piece, a cube of 20 x 10 x 40 cm."""
    rows = {'id': f'Toys#{name}', 'name': name.capitalize(), 'category': category, 'creator': 'Anna', 'tags': ''}
    rows |= {'model': '/toys/cube/cube.obj', 'icon': '/toys/cube.png', 'width': '20', 'depth': '10', 'height': '40'}
    return {**rows, **more}


def catalogue(pieces: list[dict[str, str]] | None = None, **files: str | bytes) -> bytes:
    """Return a .sh3f file; ``files`` are further members, double underscores standing for slashes."""
    if pieces is None:
        pieces = [piece(name, room) for room in ('Kitchen', 'Office') for name in (f'cup{room}', f'pan{room}')]
    members: dict[str, str | bytes] = {
        'PluginFurnitureCatalog.properties': table(pieces, id='x#Toys', name='Toy catalogue', license='Fancy licence'),
        'PluginFurnitureCatalog_de.properties': 'name#1=Tasse\n',
        'LICENSE.TXT': 'do what you like',
        'toys/cube/cube.obj': CUBE,
        'toys/cube/cube.mtl': 'newmtl red\nKd 1 0 0\n',
        'toys/cube.png': icon(),
        **{key.replace('__', '/'): value for key, value in files.items()},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tar(files: dict[str, bytes], packing: str = 'xz') -> bytes:
    """Return a packed archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f'w:{packing}') as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def ar(members: dict[str, bytes]) -> bytes:
    """Return an archive in the format of ``ar``."""
    content = b'!<arch>\n'
    for name, data in members.items():
        content += (
            f'{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n'.encode() + data + b'\n' * (len(data) % 2)
        )
    return content


def save_deb(
    path: Path, catalogues: dict[str, bytes] | None = None, *, packing: str = 'xz', rights: str = COPYRIGHT
) -> Path:
    """Write a package; ``catalogues`` go by their paths in it."""
    if catalogues is None:
        catalogues = {'./usr/share/sweethome3d/furniture/Toys.sh3f': catalogue()}
    files = {**catalogues, './usr/share/doc/sweethome3d-toys/copyright': rights.encode()}
    members = {
        'debian-binary': b'2.0\n',
        'control.tar.xz': tar({'./control': b'Package: sweethome3d-toys\n'}),
        f'data.tar.{packing}' if packing else 'data.tar': tar(files, packing),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(ar(members))
    return path
