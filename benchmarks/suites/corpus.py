"""What is pretrained on: built-in shapes, packs, open collections, shapes without end, ShapeNet55."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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

MEMBERS = {'shapedb69': (1977, 'class name'), 'sweethome3d': (912, 'caption'), 'commons': (13272, 'caption')}
"""Number of objects, for estimates where they are absent, and their text, by member."""

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
        objects: number of objects, rough where they are not there.
        reads: which text its objects have, as ``ObjectDataset.text_read`` says.
        offline: whether its methods use the teachers that need no download.
        get: how to get it, where it is absent.
        take: number of objects that are drawn of it; 0 takes all.
        pictures: what the config needs beside to carry pictures.
    """

    name: str
    title: str
    config: Mapping[str, Any]
    objects: int
    reads: str = 'class name'
    offline: bool = True
    get: str = ''
    take: int = 0
    pictures: Mapping[str, Any] = field(default_factory=lambda: {'images': True})

    def dataset(self, images: bool, texts: bool, views: int = 1) -> dict[str, Any]:
        """Config of the objects with what a method's teachers read.

        Args:
            images: whether there are pictures.
            texts: whether there are texts.
            views: number of pictures of an object, where they are made; files have as many as they have.
        """
        made = {'views': views} if views > 1 and self.name == 'procedural' else {}
        pictures = {**self.pictures, **made} if images else {}
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
    if name not in NAMES:
        raise UsageError(f'nothing to pretrain on is named {name!r}: choose {", ".join(NAMES)}')
    if name in PACKED:
        return _packed(name, root)
    if name == 'shapenet55':
        entry = find(name)
        return Corpus(name, 'ShapeNet55', entry.parts['train'].config, 41952, offline=False, get=how_to_get(entry))
    common = {'split': 'train', 'seed': PRETRAIN_SEED, 'num_points': 1024}
    seen = f'{len(seen_classes())} of {len(SHAPES)} classes'
    if name == 'procedural':
        config = {'type': 'ProceduralShapes', **common, 'num_objects': profile.objects, 'classes': seen_classes()}
        return Corpus(name, f'{SUBSTITUTE}, {seen}', config, profile.objects, 'caption')
    config = {'type': 'ProceduralStream', **common, 'num_objects': ENDLESS}
    if name == 'free':
        return Corpus(name, 'ProceduralStream (built-in), free objects', {**config, 'free': True}, ENDLESS)
    config['classes'] = seen_classes()
    return Corpus(name, f'ProceduralStream (built-in), {seen}', config, ENDLESS, 'caption')


def _packed(name: str, root: Path | None) -> Corpus:
    """Packs: training objects of shapedb69, all furniture of Sweet Home 3D, open collections."""
    title, names = PACKED[name]
    members, absent = [], []
    for member in names:
        if member == 'commons':
            parts, get = _commons(root)
            members += parts
        else:
            path, get = pack_file(member, root)
            if path and member == 'sweethome3d':
                beside = {'images': str(path.with_name('images.npz')), 'meta': str(path.with_name('meta.json'))}
                members.append({'type': 'ShapePack', 'points': str(path), 'split': 'all', **beside})
            elif path:
                views = str(path.with_name('views112.npz'))
                members.append({'type': 'ShapePack', 'points': str(path), 'split': 'train', 'images': views})
        absent += [get] if get else []
    plain = [{key: value for key, value in part.items() if key != 'images'} for part in members]
    config = {'type': 'ObjectUnion', 'datasets': plain}
    objects = sum(MEMBERS[member][0] for member in names) if absent else count(config)
    reads = ' and '.join(dict.fromkeys(MEMBERS[member][1] for member in names))
    pictures = {'images': True, 'datasets': members}
    return Corpus(name, title, config, objects, reads, get='; '.join(absent), pictures=pictures)


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
