"""What is pretrained on: built-in shapes, packs, open collections, shapes without end, ShapeNet55."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.suites.data import PRETRAIN_SEED, SUBSTITUTE, count, how_to_get, pack_file, seen_classes
from benchmarks.suites.profiles import Profile
from zoo.compat import data_root
from zoo.datasets.catalogue import find
from zoo.datasets.procedural.shapes import SHAPES
from zoo.errors import UsageError

PACKED = {
    'shapedb69': ('shapedb69 (training split)', ('shapedb69',)),
    'packs': ('shapedb69 (training split) and Sweet Home 3D', ('shapedb69', 'sweethome3d')),
    'commons': ('commons', ('commons',)),
    'commons-packs': (
        'commons, shapedb69 (training split) and Sweet Home 3D',
        ('commons', 'shapedb69', 'sweethome3d'),
    ),
}
"""Title and members of every corpus of packs, by name."""

OBJECTS = {'shapedb69': 1977, 'sweethome3d': 912, 'commons': 13272}
"""Number of objects of every member, for estimates where it is absent."""

CAPTIONED = ('sweethome3d', 'commons')
"""Members with texts of their own."""

ENDLESS = 1_000_000
"""Objects of a stream; a run takes as many as it sees."""

NAMES = ('procedural', *PACKED, 'stream', 'free', 'shapenet55')


@dataclass(frozen=True)
class Corpus:
    """Data that is pretrained on.

    Attributes:
        name: name in profiles and keys.
        title: title in tables.
        config: config of the training split, without pictures and texts.
        pictures: what the config needs beside to carry pictures; None where there are none.
        objects: number of objects, rough where they are not there.
        reads: which text its objects have, as ``ObjectDataset.text_read`` says.
        offline: whether its methods use the teachers that need no download.
        get: how to get it, where it is absent.
        take: number of objects that are drawn of it; 0 takes all.
    """

    name: str
    title: str
    config: Mapping[str, Any]
    pictures: Mapping[str, Any] | None
    objects: int
    reads: str = 'class name'
    offline: bool = True
    get: str = ''
    take: int = 0

    def dataset(self, images: bool, texts: bool, views: int = 1) -> dict[str, Any]:
        """Config of the objects with what a method's teachers read.

        Args:
            images: whether there are pictures.
            texts: whether there are texts.
            views: number of pictures of an object, where they are made; files have as many as they have.

        Raises:
            UsageError: pictures are asked for and there are none.
        """
        if images and self.pictures is None:
            raise UsageError(f'{self.title} has no pictures: choose methods without an image teacher')
        made = {'views': views} if views > 1 and self.name == 'procedural' else {}
        pictures = {**(self.pictures or {}), **made} if images else {}
        whole = {**self.config, **pictures, **({'texts': True} if texts else {})}
        return {'type': 'ObjectDraw', 'dataset': whole, 'count': self.take} if self.take else whole


def find_corpus(name: str, profile: Profile, root: Path | None = None) -> Corpus:
    """Data to pretrain on.

    Args:
        name: one of ``NAMES``.
        profile: how much of the built-in shapes.
        root: folder of the packs.

    Raises:
        UsageError: no such corpus.
    """
    if name in ('procedural', 'stream', 'free'):
        return _made(name, profile)
    if name in PACKED:
        return _packed(name, root)
    if name == 'shapenet55':
        entry = find(name)
        config = dict(entry.parts['train'].config)
        return Corpus(name, 'ShapeNet55', config, {'images': True}, 41952, offline=False, get=how_to_get(entry))
    raise UsageError(f'nothing to pretrain on is named {name!r}: choose {", ".join(NAMES)}')


def _made(name: str, profile: Profile) -> Corpus:
    """Built-in shapes: a set of them, without end, or free ones without end."""
    common = {'split': 'train', 'seed': PRETRAIN_SEED, 'num_points': 1024}
    seen = f'{len(seen_classes())} of {len(SHAPES)} classes'
    if name == 'procedural':
        config = {'type': 'ProceduralShapes', **common, 'num_objects': profile.objects, 'classes': seen_classes()}
        return Corpus(name, f'{SUBSTITUTE}, {seen}', config, {'images': True}, profile.objects, 'caption')
    config = {'type': 'ProceduralStream', **common, 'num_objects': ENDLESS}
    if name == 'free':
        title = 'ProceduralStream (built-in), free objects'
        return Corpus(name, title, {**config, 'free': True}, {'images': True}, ENDLESS)
    title = f'ProceduralStream (built-in), {seen}'
    return Corpus(name, title, {**config, 'classes': seen_classes()}, {'images': True}, ENDLESS, 'caption')


def _packed(name: str, root: Path | None) -> Corpus:
    """Packs: training objects of shapedb69, all furniture of Sweet Home 3D, open collections."""
    title, names = PACKED[name]
    members, absent = [], []
    for member in names:
        parts, get = _commons(root) if member == 'commons' else _pack(member, root)
        members += parts
        absent += [get] if get else []
    plain = [{key: value for key, value in part.items() if key != 'images'} for part in members]
    config = {'type': 'ObjectUnion', 'datasets': plain}
    objects = sum(OBJECTS[member] for member in names) if absent else count(config)
    reads = ' and '.join(dict.fromkeys('caption' if member in CAPTIONED else 'class name' for member in names))
    pictures = {'images': True, 'datasets': members}
    return Corpus(name, title, config, pictures, objects, reads, get='; '.join(absent))


def _pack(name: str, root: Path | None) -> tuple[list[dict[str, Any]], str]:
    """Config of a pack with its pictures, and how to get it where it is absent."""
    path, get = pack_file(name, root)
    config: dict[str, Any] = {'type': 'ShapePack', 'points': str(path), 'split': 'train'}
    if name == 'sweethome3d' and path:
        config |= {'split': 'all', 'meta': str(path.with_name('meta.json'))}
    views = 'images.npz' if name == 'sweethome3d' else 'views112.npz'
    return [{**config, 'images': str(path.with_name(views)) if path else ''}], get


def _commons(root: Path | None) -> tuple[list[dict[str, Any]], str]:
    """Configs of the open collections with their pictures: the pack that ``tools/data.py`` has prepared, or packs."""
    for folder in (*([root / 'commons'] if root else []), data_root() / 'packs' / 'commons'):
        if (folder / 'meta.json').is_file():
            return [{'type': 'MappedPack', 'path': str(folder.resolve()), 'split': 'train', 'images': True}], ''
        found = [
            {
                'type': 'ShapePack',
                'points': str(path.resolve()),
                'split': 'all',
                'meta': str(path.with_name('meta.json').resolve()),
                'images': str(next(path.parent.glob('views*.npz'), path.with_name('views.npz')).resolve()),
            }
            for path in sorted(folder.glob('*/points*.npz'))
        ]
        if found:
            return found, ''
    return [], 'run tools/data.py prepare commons, or put commons into a folder and name it with --packs or $ZOO_PACKS'
