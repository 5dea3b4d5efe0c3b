"""Any folder of meshes as a dataset."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zoo.compat import data_root, expand, zoo_home
from zoo.datasets.captions import readable
from zoo.datasets.meshes.bake import Recipe
from zoo.datasets.meshes.objects import MODES, UNNAMED
from zoo.datasets.meshes.scan import Found, find_classes
from zoo.datasets.meshes.store import Record, Store
from zoo.datasets.storage import content_hash
from zoo.datasets.surfaces import SurfaceDataset
from zoo.errors import UsageError
from zoo.registry import DATASETS

SPLITS = ('train', 'val', 'test', 'all')
_UUID = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', re.IGNORECASE)
SHOWN = 5
"""Broken meshes that a warning names."""


@DATASETS.register_module()
class MeshFolder(SurfaceDataset):
    """Objects from ``root/[split/]<class>/[split/]<object>``, meshes being OBJ, OFF, PLY, STL, GLB or glTF.

    A split is a folder ``train``, ``val`` or ``test`` above the classes or within them, in any of the usual spellings.
    Where there are none, each class is divided by a seed: its objects are put into the order of the SHA-256 of
    ``<seed>/<class>/<object>``, and the first ``test_fraction`` of them, rounded, at least one where the class has two,
    are the test split. That depends on nothing but the names.

    An object is a mesh, or a folder (``<class>/<object>/textured.obj``, ``<class>/<object>/models/model.obj``). Files
    that differ in their ending, or in words for a level of detail or a collision shape (``b0.obj``, ``b0.stl``,
    ``b0_low.obj``), are one object too. Of every object one mesh is read: no collision shape, with colors before
    without, fine before coarse, then OBJ, GLB, glTF, PLY, OFF and STL. What is left out is said. A folder of meshes
    with names of their own may be one object or several; it is refused until ``objects`` says which.

    Points are drawn uniformly by area, centered on their mean, in the unit sphere, y up; their normals are those of the
    triangles, smooth up to a crease of 40 degrees, and point to where the winding of the triangles says. A caption is
    the class and what the name of the object adds to it. What was made of a mesh is kept under ``$ZOO_HOME/meshes``
    until the file changes.

    Attributes:
        broken: Fault of each mesh that was left out, by name.
        remarks: Further files that were left out, in words.

    Args:
        root: The folder, absolute or relative to the data root.
        split: 'train', 'val', 'test' or 'all'.
        num_points: Number of points of every object N.
        views: Shaded pictures of every object, from all around; made only with ``images``.
        image_size: Side of a picture in pixels.
        up: Axis that points up in the files: 'y', or 'z' as in ModelNet.
        objects: 'auto', or whether every folder of a class ('folder') or every name ('file') is one object.
        seed: Random seed of the points, the viewpoints and the division into splits.
        test_fraction: Share of every class that is the test split, where there are no folders.
        on_error: Treatment of broken meshes: 'skip' leaves them out with a warning, 'raise' names the first.
        workers: Number of processes that read what is not kept yet.
        cache_dir: Folder of what is kept; ``$ZOO_HOME/meshes`` by default.
        images: Whether batches carry one picture of every object.
        texts: Whether batches carry the caption of every object.
        image_pipeline: Configs of image transforms, see ``ObjectDataset``.

    Raises:
        UsageError: There is no such folder or split, it holds no mesh that can be read, or an option makes no sense.
    """

    def __init__(
        self,
        root: str | Path,
        split: str = 'train',
        *,
        num_points: int = 2048,
        views: int = 4,
        image_size: int = 128,
        up: str = 'y',
        objects: str = 'auto',
        seed: int = 0,
        test_fraction: float = 0.2,
        on_error: str = 'skip',
        workers: int = 2,
        cache_dir: str | Path | None = None,
        images: bool = False,
        texts: bool = False,
        image_pipeline: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(images=images, texts=texts, image_pipeline=image_pipeline)
        known = split in SPLITS and on_error in ('skip', 'raise') and objects in MODES
        if not known or not 0 <= test_fraction <= 1:
            raise UsageError(
                f'MeshFolder: split={split!r} must be one of {", ".join(SPLITS)}, on_error={on_error!r} skip or raise, '
                f'objects={objects!r} one of {", ".join(MODES)}, test_fraction={test_fraction} within 0 and 1'
            )
        if images and views < 1:
            raise UsageError('MeshFolder: images=True needs views of at least 1')
        self.root = data_root() / expand(root)
        recipe = Recipe(num_points, views if images else 0, image_size, up, seed)
        listing = find_classes(self.root, objects)
        self.classes, self.remarks = listing.classes, listing.remarks
        for remark in self.remarks:
            logging.getLogger(__name__).warning('%s: %s', self.root, remark)
        chosen = _divide(listing.found, split, seed, test_fraction, self.root)
        self._store = Store(_cache_folder(self.root, recipe, cache_dir), recipe)
        records = self._store.update({item.name: self.root / item.name for item in chosen}, workers=workers)
        self.broken = {name: str(record['error']) for name, record in records.items() if record['error']}
        self._report(on_error, len(chosen))
        self._found = [item for item in chosen if item.name not in self.broken]
        position = {name: label for label, name in enumerate(self.classes)}
        self.labels = np.array([position[item.class_name] for item in self._found], dtype=np.int64)
        self.num_views = recipe.views
        self.fingerprint = _fingerprint(self._found, self.classes, records)

    def _report(self, on_error: str, total: int) -> None:
        """Say which meshes are broken."""
        if not self.broken:
            return
        first = next(iter(self.broken.values()))
        if on_error == 'raise':
            raise UsageError(first)
        if len(self.broken) == total:
            raise UsageError(f'{self.root}: none of {total} meshes can be read, the first because {first}')
        lines = '\n'.join(f'  {reason}' for reason in list(self.broken.values())[:SHOWN])
        more = f'\n  and {len(self.broken) - SHOWN} more' if len(self.broken) > SHOWN else ''
        logging.getLogger(__name__).warning(
            '%d of %d meshes are broken and left out:\n%s%s', len(self.broken), total, lines, more
        )

    def _array(self, index: int, key: str) -> np.ndarray:
        return self._store.array(self._found[index].name, key, Path(self.source(index)))

    def caption(self, index: int) -> str:
        """Return the class, and what the name of the object adds to it."""
        item = self._found[index]
        return caption_of(item.class_name, item.title)

    def source(self, index: int) -> str:
        """Return the file of a mesh."""
        return str(self.root / self._found[index].name)

    def info(self, index: int) -> dict[str, Any]:
        """Return the path of a mesh below the root."""
        return {'id': self._found[index].name}


def caption_of(class_name: str, title: str) -> str:
    """Return the class as words, and what the name of an object adds: no numbers, codes or words of any mesh.

    Returns:
        For example ``'chair, red office'`` for ``'chair'`` and ``'red_office_chair_03'``.
    """
    known = readable(class_name)
    joined = known.replace(' ', '')
    new: list[str] = []
    for token in re.split(r'[\W_]+', _UUID.sub(' ', title)):
        stem = token.rstrip('0123456789')
        # Hashes, serial numbers and random codes: digits within, hexadecimal before digits, or all letters broken up.
        code = not stem.isalpha() or (stem != token and len(token) >= 8 and not re.search('[^0-9a-fA-F]', token))
        words = readable(stem).split()
        if not code and any(len(word) > 2 for word in words):
            new += [word for word in words if len(word) > 1]
    new = [word for word in new if word not in UNNAMED and word not in joined and word.rstrip('s') not in joined]
    return f'{known}, {" ".join(dict.fromkeys(new))}' if new else known


def _divide(found: list[Found], split: str, seed: int, test_fraction: float, root: Path) -> list[Found]:
    """Return the meshes of a split, in the order of their names."""
    placed = [item for item in found if item.part]
    if placed and len(placed) < len(found):
        stray = next(item for item in found if not item.part)
        raise UsageError(f'{root / stray.name} is in no folder train, val or test, as others are: move it into one')
    if split == 'all':
        return found
    if placed:
        chosen = [item for item in found if item.part == split]
    else:
        test = _drawn_for_test(found, seed, test_fraction)
        chosen = [item for item in found if (item.name in test) == (split == 'test')] if split != 'val' else []
    if not chosen:
        raise UsageError(f'{root} has no meshes for split={split!r}: make folders, or use another split')
    return chosen


def _drawn_for_test(found: list[Found], seed: int, fraction: float) -> set[str]:
    """Return the names of the test split; see ``MeshFolder``."""
    classes: dict[str, list[tuple[str, str]]] = {}
    for item in found:
        key = hashlib.sha256(f'{seed}/{item.class_name}/{item.title}'.encode()).hexdigest()
        classes.setdefault(item.class_name, []).append((key, item.name))
    drawn: set[str] = set()
    for members in classes.values():
        count = round(fraction * len(members))
        if 0 < fraction < 1 and len(members) > 1:
            count = min(max(count, 1), len(members) - 1)
        drawn.update(name for _, name in sorted(members)[:count])
    return drawn


def _cache_folder(root: Path, recipe: Recipe, cache_dir: str | Path | None) -> Path:
    """Return the folder of what is kept: one for every root and recipe."""
    key = hashlib.sha256(json.dumps([str(root.resolve()), recipe.to_dict()]).encode()).hexdigest()[:20]
    return (zoo_home() / 'meshes' if cache_dir is None else expand(cache_dir)) / key


def _fingerprint(found: list[Found], classes: tuple[str, ...], records: Mapping[str, Record]) -> str:
    """Return a digest of what was made of every mesh."""
    return content_hash(*classes, *(f'{item.name} {records[item.name]["content"]}' for item in found))
