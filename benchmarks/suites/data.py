"""What is measured on: built-in shapes, packs, official sets."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.suites.profiles import Profile
from zoo.compat import expand
from zoo.datasets.catalogue import find
from zoo.datasets.procedural.shapes import SHAPES
from zoo.registry import DATASETS

UNSEEN = (
    'bathtub', 'bottle', 'chair', 'cup', 'guitar', 'lamp', 'monitor', 'piano', 'sofa', 'table',
)  # fmt: skip
"""Classes of the built-in shapes that no pretraining sees, for zero-shot."""

PRETRAIN_SEED, LABEL_SEED = 0, 4
"""Streams of built-in objects. Nothing was ever chosen on those of the second: fine-tuning settings were tried on
stream 1, robustness on stream 2."""

SUBSTITUTE = 'ProceduralShapes (built-in)'


def seen_classes() -> list[str]:
    """Classes of the built-in shapes that are pretrained on."""
    return [name for name in sorted(SHAPES) if name not in UNSEEN]


@dataclass(frozen=True)
class Source:
    """Labelled data that is measured on.

    Attributes:
        name: name on the command line and in keys.
        title: title in tables; a substitute says so here.
        train: config of the labeled training split.
        test: config of the test split.
        data: name of the data set in records.
        variant: variant of the data set.
        val: config of a split to choose settings on; where it is None, a part of ``train`` is held out.
        per_class: labeled objects of every class that one seed may use; None takes all.
        points: points of a cloud, chosen by FPS.
        queries: test objects of a class in an episode, where a class has fewer than the profile asks for.
        recipe: name of the source on which the fine-tuning rate is chosen.
        settings: fine-tuning settings of a paper; none is chosen then.
        get: how to get it, where it is absent; empty where it is there.
        note: what a reader must know.
    """

    name: str
    title: str
    train: Mapping[str, Any]
    test: Mapping[str, Any]
    data: str = ''
    variant: str = ''
    val: Mapping[str, Any] | None = None
    per_class: int | None = None
    points: int = 1024
    queries: int | None = None
    recipe: str = ''
    settings: Mapping[str, Any] = field(default_factory=dict)
    get: str = ''
    note: str = ''


def built_in(profile: Profile, variant: str, classes: tuple[str, ...] = ()) -> Source:
    """The built-in shapes in one variant, see :class:`zoo.datasets.ProceduralShapes`; of some classes or of all."""
    common = {'type': 'ProceduralShapes', 'seed': LABEL_SEED, 'variant': variant}
    suffix, some, objects = '', '', profile.test_objects
    if classes:
        common['classes'] = list(classes)
        suffix, some, objects = f'-{len(classes)}', f' {len(classes)} classes', shared(objects, classes)
    return Source(
        name=f'procedural-{variant}{suffix}',
        title=f'{SUBSTITUTE} {variant}' + (f',{some}' if some else ''),
        data='ProceduralShapes',
        variant=variant + some,
        train={**common, 'split': 'train', 'num_objects': profile.pool},
        val={**common, 'split': 'val', 'num_objects': profile.val_objects},
        test={**common, 'split': 'test', 'num_objects': objects},
        per_class=profile.labels_per_class,
        points=profile.num_points,
        recipe=f'procedural-{profile.scan}',
        note='a substitute made by this program: figures compare methods here and with no published data set',
    )


def shared(objects: int, classes: Sequence[str]) -> int:
    """Number of objects of some classes, as many of every class as the whole set has, or a few more."""
    return -(-objects // len(SHAPES)) * len(classes)


PACKS = {
    'shapedb69': ('shapedb69/points2048.npz', 'meshes of 69 everyday classes (shapedb69)', ''),
    'sweethome3d': ('sweethome3d/points2048.npz', 'furniture of Sweet Home 3D', ''),
    'modelnet10-voxels': (
        'modelnet10',
        'ModelNet10 from voxels',
        'points sampled on 30³ voxel grids of ModelNet10: not comparable with published ModelNet10 figures',
    ),
    'commons': ('commons/everyday/points1024.npz', 'named objects of open collections (commons)', ''),
}
"""Place in the folder of packs, title, and a note, by name."""


def pack_root(given: Path | None = None) -> Path | None:
    """Folder of the packs: what is given, else ``$ZOO_PACKS``, else nothing."""
    found = given or os.environ.get('ZOO_PACKS')
    return expand(found) if found else None


def pack(name: str, root: Path | None, profile: Profile) -> Source:
    """A pack of real shapes, absent unless its file is in the folder of packs."""
    _, title, note = PACKS[name]
    path, get = pack_file(name, root)
    config = {'type': 'ShapePack', 'points': str(path)}
    return Source(
        name=name,
        title=title,
        data=name,
        train={**config, 'split': 'train'},
        test={**config, 'split': 'test'},
        points=profile.num_points,
        # The median class has six test objects.
        queries=min(5, profile.queries) if name == 'shapedb69' else None,
        recipe=name,
        get=get,
        note=note,
    )


def pack_file(name: str, root: Path | None) -> tuple[Path | None, str]:
    """The file of a pack, or how to get it; a folder stands for the one pack of points in it."""
    place = PACKS[name][0]
    if root is not None:
        path = root / place
        found = sorted(path.glob('points*.npz')) if path.is_dir() else [path]
        if found and found[0].is_file():
            return found[0].resolve(), ''
    return None, f'put {place} into a folder and name it with --packs or $ZOO_PACKS'


TRANSFER = {'epochs': 300, 'warmup': 10, 'batch_size': 32, 'drop_path': 0.2}
"""Fine-tuning of arXiv 2302.02318 as its code has it; ``rate``, points, groups and augmentation differ by data set."""

SCAN = {**TRANSFER, 'rate': 2e-5, 'groups': 128, 'group_size': 32, 'augmentation': 'RandomRotateGravity'}
MODELNET = {**TRANSFER, 'rate': 1e-5, 'groups': 64, 'group_size': 32, 'augmentation': 'RandomScaleTranslate'}

OFFICIAL: dict[str, tuple[str, int, dict[str, Any]]] = {
    'scanobjectnn-obj_bg': ('scanobjectnn-obj_bg', 2048, SCAN),
    'scanobjectnn-obj_only': ('scanobjectnn-obj_only', 2048, SCAN),
    'scanobjectnn-pb_t50_rs': ('scanobjectnn-pb_t50_rs', 2048, SCAN),
    'modelnet40': ('modelnet40', 1024, MODELNET),
    'modelnet40-8k': ('modelnet40', 8192, {**MODELNET, 'groups': 512}),
    'modelnet10': ('modelnet10', 1024, MODELNET),
}
"""Entry of the catalogue, points and fine-tuning settings of the official sets."""


def how_to_get(entry: Any) -> str:
    """How to get a data set of the catalogue; empty where it is there."""
    return '' if entry.found() else f'{entry.get}; then put it into $ZOO_DATA/{entry.places[0]}'


def official(name: str) -> Source:
    """An official data set, absent unless its files are below the data root."""
    entry_name, points, settings = OFFICIAL[name]
    entry = find(entry_name)
    title = entry.title.split(':')[0]
    train, test = (dict(entry.parts[split].config) for split in ('train', 'test'))
    return Source(
        name=name,
        title=title + (' (8k points)' if points == 8192 else ''),
        data=title.split()[0],
        variant=str(test.get('variant', '')),
        train=train,
        test=test,
        points=points,
        recipe=name,
        settings=settings,
        get=how_to_get(entry),
    )


@functools.lru_cache
def _read(config: str) -> tuple[str, int]:
    built = DATASETS.build(json.loads(config))
    return str(built.fingerprint), len(built)


def count(config: Mapping[str, Any]) -> int:
    """Number of objects behind a config; read once."""
    return _read(json.dumps(dict(config), sort_keys=True))[1]


def fingerprint(config: Mapping[str, Any]) -> str:
    """Digest of the content behind a config, for keys; read once.

    The built-in shapes follow from their config and from code that the key holds already, so nothing is made for it.
    """
    return 'made' if config['type'] == 'ProceduralShapes' else _read(json.dumps(dict(config), sort_keys=True))[0]
