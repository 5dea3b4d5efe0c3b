"""A collection of named meshes as a dataset."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zoo.compat import data_root, expand, zoo_home
from zoo.datasets.corpus.collections import Collection, find_collection
from zoo.datasets.corpus.unpack import as_folder
from zoo.datasets.corpus.words import Words, family, notice, words_of
from zoo.datasets.meshes.bake import Recipe
from zoo.datasets.meshes.store import Store
from zoo.datasets.storage import content_hash, read_json
from zoo.datasets.surfaces import SurfaceDataset
from zoo.datasets.sweethome3d.licences import write_attribution
from zoo.errors import UsageError
from zoo.io import file_hash, reading, walk
from zoo.registry import DATASETS

LARGEST = 16 << 20
"""Bytes of a file that is read as an object."""

HEAD = (
    'Points and pictures made of meshes of the collections below: the surfaces were turned, scaled, sampled and\n'
    'drawn. Keep this list with them.'
)


@DATASETS.register_module()
class MeshCollection(SurfaceDataset):
    """Objects of one of the open collections that the catalogue lists, as their publisher ships them.

    Points are drawn uniformly by area, centered, in the unit sphere, y up. Names, categories, tags, captions, creators
    and licences are those of the source; ``info`` returns them. A class is a category of the source. In collections
    whose parts differ in numbers alone one of each family is taken. The same files give the same fingerprint, whatever
    folder they lie in. What was made of a mesh is kept under ``$ZOO_HOME/meshes`` until the file changes, so that a run
    that was interrupted goes on where it ended.

    Attributes:
        left_out: How many meshes were left out, by the reason.
        broken: Fault of each that cannot be read, by id.
        catalogues: Name, source, licence and notice of the collection.

    Args:
        name: Name of the collection.
        root: Its folder, or the zip file or Debian package as it was downloaded; by default the folder of its name in
            the data root, else where its package is installed.
        num_points: Number of points of every object N.
        views: Number of pictures of every object, from all around; made only with ``images``.
        image_size: Side of a picture in pixels.
        seed: Random seed of the points and the viewpoints.
        families: One of each family of names; as the catalogue says by default.
        workers: Number of processes that read what is not kept yet.
        cache_dir: Folder of what is kept.
        images: Whether batches carry one picture of every object.
        texts: Texts in batches, see ``ObjectDataset``.
        image_pipeline: Configs of image transforms, see ``ObjectDataset``.

    Raises:
        UsageError: There is no such collection or folder, it holds none of its objects, or an option makes no sense.
    """

    def __init__(
        self,
        name: str,
        root: str | Path | None = None,
        *,
        num_points: int = 1024,
        views: int = 2,
        image_size: int = 112,
        seed: int = 0,
        families: bool | None = None,
        workers: int = 2,
        cache_dir: str | Path | None = None,
        images: bool = False,
        texts: bool | str = False,
        image_pipeline: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(images=images, texts=texts, image_pipeline=image_pipeline)
        if images and views < 1:
            raise UsageError('MeshCollection: images=True needs views of at least 1')
        self.collection = find_collection(name)
        self.root = as_folder(_place(self.collection) if root is None else root, name)
        recipe = Recipe(num_points, views if images else 0, image_size, self.collection.up, seed)
        known, reasons = _listed(self.collection, self.root, self.collection.families if families is None else families)
        key = hashlib.sha256(json.dumps([name, str(self.root.resolve()), recipe.to_dict()]).encode()).hexdigest()[:20]
        folder = zoo_home() / 'meshes' if cache_dir is None else expand(cache_dir)
        self._store = Store(folder / key, recipe)
        records = self._store.update({item: path for item, (path, _) in known.items()}, workers=workers)
        self.broken = {item: str(record['error']) for item, record in records.items() if record['error']}
        self.left_out = dict(reasons + Counter({'broken': len(self.broken)}))
        if len(self.broken) == len(known):
            raise UsageError(
                f'{self.root}: none of {len(known)} meshes can be read: {next(iter(self.broken.values()))}'
            )
        if self.broken:
            first = next(iter(self.broken.values()))
            logging.getLogger(__name__).warning('%d meshes are left out, the first: %s', len(self.broken), first)
        self._ids = [item for item in known if item not in self.broken]
        self._paths = [known[item][0] for item in self._ids]
        kept = ('faces', 'content', 'signature', 'thinness')
        self._objects = [{**known[item][1], **{key: records[item][key] for key in kept}} for item in self._ids]
        self.classes = tuple(sorted({str(item['category']) for item in self._objects}))
        place = {category: label for label, category in enumerate(self.classes)}
        self.labels = np.array([place[item['category']] for item in self._objects], dtype=np.int64)
        self.num_views = recipe.views
        self.catalogues = [
            {
                'name': name,
                'source': self.collection.get,
                'licence': self.collection.terms,
                'notice': notice(self.root, self.collection.notices),
            }
        ]
        self.fingerprint = content_hash(name, *(json.dumps(item, sort_keys=True) for item in self._objects))

    def _array(self, index: int, key: str) -> np.ndarray:
        return self._store.array(self._ids[index], key, self._paths[index])

    def caption(self, index: int) -> str:
        """Return the caption of the source; without one, name, category and tags."""
        item = self._objects[index]
        words = [item['name'], *(word for word in (item['category'], *item['tags'][:3]) if word not in item['name'])]
        return str(item['caption'] or ', '.join(dict.fromkeys(words)))

    def source(self, index: int) -> str:
        """Return the file of a mesh."""
        return str(self._paths[index])

    def info(self, index: int) -> dict[str, Any]:
        """Return what is known of one object.

        ``id``, ``source`` (the collection), ``name``, ``category``, ``tags``, ``caption`` (empty where the source has
        none), ``creator``, ``holder``, ``licence``, ``faces``, ``signature``, ``thinness``.
        """
        return {key: value for key, value in self._objects[index].items() if key != 'content'}

    def write_attribution(self, path: str | Path, indices: Sequence[int] | None = None) -> Path:
        """Write a list of name, creator and licence of every object, with the notice of the collection.

        Args:
            path: The file, Markdown.
            indices: Positions of the objects; all of them by default.
        """
        chosen = range(len(self)) if indices is None else indices
        return write_attribution(path, [self.info(index) for index in chosen], self.catalogues, HEAD)


def _place(collection: Collection) -> Path:
    """Return where a collection is looked for.

    Raises:
        UsageError: It is not there; says how to get it.
    """
    places = [data_root() / collection.name, *([Path(collection.installed)] if collection.installed else [])]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        where = ' nor '.join(str(place.absolute()) for place in places)
        raise UsageError(f'{collection.name} is not at {where}: get {collection.get}')
    return found


def _stated(root: Path, name: str) -> dict[str, str]:
    """Return the SHA-256 of the meshes of a collection that its manifest states, by path; none where there is none.

    Raises:
        UsageError: The manifest is no list of files.
    """
    places = (Path(folder) / name for folder, _, files in walk(root) if name in files)
    path = min(places, key=lambda place: (len(place.parts), str(place)), default=None)
    if path is None:
        return {}
    try:
        return {str(row['path']): str(row['sha256']).lower() for row in read_json(path.absolute())['files']}
    except (TypeError, KeyError) as error:
        raise UsageError(f'{path} lists no files with path and sha256: fetch {root} again') from error


def _sum(path: Path) -> str:
    with reading(path):
        return file_hash(path)


def _listed(collection: Collection, root: Path, families: bool) -> tuple[dict[str, tuple[Path, Words]], Counter[str]]:
    """Return the objects of a collection by id, sorted, with file and words; and how many were left out, by reason."""
    pattern = re.compile(rf'(?:^|/)({collection.pattern})$')
    matches: dict[str, list[tuple[Path, re.Match[str]]]] = {}
    for folder, _, files in walk(root):
        for file in files:
            path = Path(folder) / file
            found = pattern.search(path.relative_to(root).as_posix())
            if found:
                matches.setdefault(f'{collection.name}/{found[1]}', []).append((path, found))
    reasons: Counter[str] = Counter()
    known: dict[str, tuple[Path, Words]] = {}
    sums = _stated(root, collection.manifest) if collection.manifest else {}
    seen: set[tuple[str, str]] = set()
    stems: set[str] = set()
    for item in sorted(matches):
        path, found = min(matches[item], key=lambda match: str(match[0]))
        stem = item.rpartition('.')[0].lower()
        words = words_of(collection, root, path, found)
        kin = (words['category'], family(found['name'])) if words else ('', '')
        reason = (
            'no object by its source' if words is None
            else 'file too large' if path.stat().st_size > LARGEST
            else 'same family of names' if families and kin in seen
            else 'same name, other format' if stem in stems
            else 'not as its manifest says' if found[1] in sums and _sum(path) != sums[found[1]]
            else ''
        )  # fmt: skip
        if reason or words is None:
            reasons[reason] += 1
            continue
        seen.add(kin)
        stems.add(stem)
        known[item] = path, {'id': item, 'source': collection.name, 'catalogue': collection.name, **words}
    if not known:
        raise UsageError(
            f'{root} holds no object of {collection.name}, whose paths end like {collection.pattern}: '
            f'get {collection.get}'
        )
    return known, reasons
