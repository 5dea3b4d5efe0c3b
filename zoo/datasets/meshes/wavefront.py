"""Wavefront OBJ files, as strangers write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from PIL import Image

from zoo.datasets.meshes.beside import Beside
from zoo.datasets.meshes.materials import material_paint, shrunk
from zoo.datasets.meshes.mesh import FloatArray, IntArray
from zoo.datasets.meshes.soup import Soup, plain, scaled, triangulate
from zoo.datasets.meshes.text import decoded, numbers, whole_numbers

NUMERIC = {'v', 'vt', 'vn', 'f', 'fo'}
"""Statements that hold numbers alone, so that what follows a # is a remark, and a last backslash goes on below it."""

SURFACES = {'surf', 'bsp', 'bzp', 'cdp', 'call'}
CURVES = {'curv', 'curv2', 'cdc'}
"""Statements that stand for geometry, and are not read; curves are left out beside faces, as lines are."""


def parse_obj(data: bytes, beside: Beside, materials: str = '') -> Soup:
    """Read vertices, polygons, and the colors of materials, their textures, or vertices.

    Args:
        data: The file.
        beside: Looks up its libraries and textures.
        materials: A library that stands behind those of the file.

    Raises:
        ValueError: A statement is not as it should be, or one that holds geometry is not read.
        OverflowError: A number is beyond all files.
    """
    places: list[str] = []
    tints: list[str] = []
    spots: list[str] = []
    corners: list[str] = []
    sizes: list[int] = []
    seen: list[int] = []
    surface: list[int] = []
    libraries: dict[str, None] = {}
    names = {'': 0}
    current, unread = 0, ''
    for key, rest in _statements(decoded(data)):
        if key == 'v':
            words = rest.split()
            if len(words) < 3:
                raise ValueError('a vertex needs three coordinates')
            places += words[:3]
            tints += words[3:6] if len(words) > 5 else []
        elif key == 'vt':
            spots += [*rest.split(), '0'][:2]
        elif key in ('f', 'fo'):
            words = rest.split()
            corners += words
            sizes.append(len(words))
            seen += [len(places) // 3, len(spots) // 2]
            surface.append(current)
        elif key == 'usemtl':
            current = names.setdefault(' '.join(rest.split()), len(names))
        elif key == 'mtllib':
            libraries[rest.strip()] = None
        elif key in SURFACES or key in CURVES:
            unread = key if unread not in SURFACES else unread
        elif key[0].isdigit() or key[0] in '+-.':
            raise ValueError(f'a line begins with {key!r}, not with a word')
    if unread in SURFACES or (unread and not sizes):
        raise ValueError(f'the geometry of {unread!r} is not read, only vertices and faces: export it as polygons')
    if sizes and min(sizes) < 3:
        raise ValueError(f'a face has {min(sizes)} corners')
    vertices = numbers(places).reshape(-1, 3)
    counts = np.repeat(np.array(seen, dtype=np.int64).reshape(-1, 2), sizes, axis=0)
    index = _absolute([word.partition('/')[0] for word in corners], counts[:, 0])
    cut, owner = triangulate(vertices, index, np.array(sizes, dtype=np.int64))
    faces = index[cut]
    soup = plain(vertices, faces)
    if tints and len(tints) == len(places):
        soup = plain(vertices, faces, scaled(numbers(tints).reshape(-1, 3))[faces].mean(axis=1))
    known = _materials([materials, *(found for line in libraries for found in _library(line, beside))], beside, names)
    used = [known.get(name) for name in names]
    if any(used):
        places_of_texture = numbers(spots).reshape(-1, 2)
        spot = _absolute([word.split('/')[1] if '/' in word else '' for word in corners], counts[:, 1])
        _paint(soup, used, np.array(surface, dtype=np.int64)[owner], places_of_texture, spot[cut])
    return soup


def _statements(text: str) -> Iterator[tuple[str, str]]:
    """Yield the first word of every line and what follows it."""
    lines = iter(text.split('\n'))
    for line in lines:
        words = line.split(None, 1)
        if not words or words[0][0] == '#':
            continue
        key, rest = words[0], words[1] if len(words) > 1 else ''
        if key in NUMERIC:
            if '\\' in rest:
                pieces = [rest.rstrip()]
                while pieces[-1].endswith('\\'):
                    pieces[-1] = pieces[-1][:-1]
                    pieces.append(next(lines, '').rstrip())
                rest = ' '.join(pieces)
            if '#' in rest:
                rest = rest.partition('#')[0]
        yield key, rest


def _absolute(words: list[str], seen: IntArray) -> IntArray:
    """Return indices that count from 0; those below 0 in a file count back from the latest. None becomes -1."""
    stated = whole_numbers(word or '0' for word in words)
    return np.where(stated < 0, np.where(stated + seen < 0, -1, stated + seen), stated - 1)


def _library(line: str, beside: Beside) -> list[str]:
    """Return the libraries of one line: one name with spaces, or several names."""
    for names in ([line], line.split()):
        found = []
        for name in names:
            try:
                found.append(decoded(beside.get(name).replace(b'\0', b' ')))
            except FileNotFoundError:
                continue
        if found:
            return found
    return []


def _materials(libraries: list[str], beside: Beside, names: Iterable[str]) -> dict[str, Any]:
    """Return materials of trimesh by name, the last of those with one name; damaged ones are left out."""
    from trimesh.exchange.obj import parse_mtl
    from trimesh.visual.material import SimpleMaterial

    text = '\n'.join(libraries)
    known = parse_mtl(text, resolver=beside) if text.strip() else {}
    found = {}
    pictures: dict[str, Image.Image | None] = {}
    for name in known.keys() & names:
        options = known[name]
        image = options.pop('image', None)
        if isinstance(image, Image.Image):
            path = str(image.info.get('file_path'))
            if path not in pictures:
                pictures[path] = shrunk(image)
            options['image'] = pictures[path]
        try:
            found[name] = SimpleMaterial(**options)
        except (TypeError, ValueError, AttributeError):
            continue
    return found


def _paint(soup: Soup, used: list[Any], surface: IntArray, places: FloatArray, spot: IntArray) -> None:
    """Give every triangle the color of its material.

    Args:
        soup: Triangles, which are painted.
        used: Material of every number, None where it is not known.
        surface: Number of the material of every triangle, shape ``(F,)``.
        places: Places on the textures, shape ``(T, 2)``.
        spot: Index of the place of every corner, shape ``(F, 3)``, -1 for none.
    """
    order = np.argsort(surface, kind='stable')
    for here in np.split(order, np.flatnonzero(np.diff(surface[order])) + 1):
        material = used[surface[here[0]]] if len(here) else None
        if material is None:
            continue
        found = spot[here].ravel()
        whole = found.min() >= 0 and found.max() < len(places)
        corners = np.arange(found.size).reshape(-1, 3)
        soup.color[here], soup.clear[here] = material_paint(material, places[found] if whole else None, corners)
