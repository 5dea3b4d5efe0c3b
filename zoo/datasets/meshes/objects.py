"""Which meshes are one object: formats, levels of detail and collision shapes of it stand side by side in many sets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from zoo.datasets.captions import readable
from zoo.errors import UsageError

FORMATS = ('.obj', '.glb', '.gltf', '.dae', '.ply', '.wrl', '.off', '.stl')
"""Endings from best to worst: those that may bring colors first, plain text before what may be compressed."""

COLLISION = frozenset(
    {
        'collision', 'collisions', 'collider', 'convex', 'vhacd', 'coacd', 'decomp', 'decomposition', 'physics'
    }
)  # fmt: skip
"""Words in the name of a shape for physics: the last that is taken."""

BARE = frozenset(
    {
        'nontextured', 'untextured', 'non', 'uncolored', 'watertight', 'manifold', 'remesh', 'remeshed', 'voxelized'
    }
)  # fmt: skip
"""Words in the name of a mesh without its colors, or made anew."""

COARSE = frozenset({'low', 'lowpoly', 'decimated', 'simplified', 'coarse', 'reduced'})
"""Words in the name of a coarse mesh."""

FINE = frozenset(
    {
        'high', 'highpoly', 'mid', 'medium', 'poly', 'textured', 'normalized', 'normalised', 'visual', 'mesh', 'model'
    }
)  # fmt: skip
"""Words in the name of the mesh that is meant."""

PLAIN = frozenset(
    {
        'models', 'meshes', 'object', 'objects', 'obj', 'scene', 'scenes', 'untitled', 'unnamed', 'default',
        'texture', 'colored', 'colors', 'color', 'aligned', 'scaled', 'centered', 'visuals', 'geometry', 'geom',
        'shape', 'file', 'data', 'asset', 'export', 'exported', 'final', 'output', 'result', 'root', 'raw', 'scan',
        'scans', 'original', 'copy', 'google', 'poisson', 'tsdf', 'lod', 'hull', 'glb', 'gltf', 'ply', 'off', 'stl'
    }
)  # fmt: skip
"""Words that programs and data sets call any mesh by."""

UNNAMED = COLLISION | BARE | COARSE | FINE | PLAIN
MODES = ('auto', 'folder', 'file')

_LEVEL = re.compile(r'\blod ?(\d+)')
_TAIL = re.compile(
    rf'([\W_]+({"|".join(sorted(COLLISION | BARE | COARSE | FINE))})|[\W_]*lod[\W_]?\d*)+$', re.IGNORECASE
)


def words_of(name: str) -> list[str]:
    """Return the words of a file name or path in lower case, numbers and codes among them."""
    return readable(re.sub(r'[\W_]+', ' ', name)).split()


def is_unnamed(name: str) -> bool:
    """Say whether a name says nothing about the object, like ``'model_normalized'`` or ``'google_16k'``."""
    words = words_of(name)
    numbered = not {'lod', *COLLISION}.isdisjoint(words)  # as levels and the pieces of a decomposition are
    return all(word in UNNAMED or (numbered and word.isdigit()) or re.fullmatch(r'lod\d+|\d+k', word) for word in words)


def pick_objects(paths: Iterable[PurePosixPath], place: Path, mode: str) -> dict[str, list[PurePosixPath]]:
    """Put the meshes of one class together by object.

    Args:
        paths: Below the folder of the class.
        place: That folder, for messages.
        mode: 'auto' reads folders as objects where their meshes are of one object by their names; 'folder' takes every
            folder of the class as one object, 'file' every name.

    Returns:
        The meshes of every object, the best one first.

    Raises:
        UsageError: 'auto' cannot tell whether a folder is one object.
    """
    objects: dict[str, list[PurePosixPath]] = {}
    own: dict[str, dict[tuple[str, ...], PurePosixPath]] = {}
    for path in paths:
        stem = '' if is_unnamed(path.stem) else _TAIL.sub('', path.stem)
        if mode == 'file':
            name = str(path.parent / (stem or path.stem))
        elif len(path.parts) == 1:
            name = stem
        else:
            name = path.parts[0]
            parts = [part for part in (*path.parts[1:-1], stem) if part and not is_unnamed(part)]
            key = tuple(part for part in parts if _TAIL.sub('', part).lower() != _TAIL.sub('', name).lower())
            if key:
                own.setdefault(name, {}).setdefault(key, path)
        objects.setdefault(name, []).append(path)
    torn = next((names for names in own.values() if len(names) > 1), None) if mode == 'auto' else None
    if torn is not None:
        one, other = list(torn.values())[:2]
        raise UsageError(
            f'{place / one} and {other.relative_to(one.parts[0])}: are they one object? Put every object into a folder '
            f"of its own below its class, or set objects='folder' (they are) or objects='file' (each is one)"
        )
    return {name: sorted(members, key=_rank) for name, members in objects.items()}


def _rank(path: PurePosixPath) -> tuple[bool, bool, int, int, int, str]:
    """Return what meshes of one object are ordered by: see the lists of words above, then format, depth and name."""
    words = words_of(str(path.with_suffix('')))
    level = max([int(not COARSE.isdisjoint(words)), *map(int, _LEVEL.findall(' '.join(words)))])
    kind = FORMATS.index(path.suffix.lower())
    return (
        not COLLISION.isdisjoint(words), not BARE.isdisjoint(words), level, kind, len(path.parts), path.as_posix(),
    )  # fmt: skip
