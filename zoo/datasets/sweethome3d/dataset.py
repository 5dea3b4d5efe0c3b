"""The furniture of Sweet Home 3D as a dataset."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zoo.compat import expand, zoo_home
from zoo.datasets.meshes.bake import Recipe
from zoo.datasets.meshes.store import read_array
from zoo.datasets.storage import content_hash
from zoo.datasets.surfaces import SurfaceDataset
from zoo.datasets.sweethome3d.build import load_objects
from zoo.datasets.sweethome3d.licences import licence_summary, write_attribution
from zoo.datasets.sweethome3d.sources import find_files
from zoo.errors import UsageError
from zoo.registry import DATASETS

SPLITS = ('train', 'test', 'all')
TEST_FRACTION = 0.2
NO_SURFACE = 'holds no triangles'
"""What is said of light sources, which are no cause for concern."""


@DATASETS.register_module()
class SweetHome3D(SurfaceDataset):
    """Furniture from the Debian packages ``sweethome3d-furniture`` and ``sweethome3d``: points, pictures and words.

    A small set that is real and free: models by many hands, with names, tags, categories and icons, each under CC0,
    CC-BY or GPL. Licence and creator of every object are kept; ``info`` returns them, ``licences`` sums them up, and
    ``write_attribution`` lists them for whoever passes on what was made of the objects.

    Points are drawn uniformly by area, centered, in the unit sphere, y up, the front towards +z; models have the
    proportions that the catalogue states. View 0 is the icon of the catalogue, the others are drawn from all around.
    A class is a category, that is mostly a room. Pieces without a surface (light sources) are left out. Nothing
    official divides the set: in each category, models are put into the order of the SHA-256 of ``<seed>/<id>``, and the
    first fifth is the test split; pieces of the same model stay together.

    Attributes:
        catalogues: Statements of each catalogue about itself: name, source, licence, notice.
        broken: Fault of each piece that was left out, by id.

    Args:
        files: Packages (.deb), catalogue files (.sh3f, .jar), or folders of them. By default those in ``sweethome3d``
            of the data root, else the installed packages.
        split: 'train', 'test' or 'all'.
        num_points: Number of points of every object N.
        views: Number of pictures of every object beside its icon; made only with ``images``.
        image_size: Side of a picture in pixels.
        seed: Random seed of the points, the viewpoints and the division into splits.
        licences: Short names of licences; objects under others are left out. All by default.
        workers: Number of processes that read what is not kept yet.
        cache_dir: Folder of what is kept; ``$ZOO_HOME/sweethome3d`` by default.
        images: Whether batches carry one picture of every object.
        texts: Whether batches carry the name and the tags of every object.
        image_pipeline: Configs of image transforms, see ``ObjectDataset``.

    Raises:
        UsageError: There is no furniture, a package is damaged, or an option makes no sense.
    """

    def __init__(
        self,
        files: Iterable[str | Path] | str | Path | None = None,
        *,
        split: str = 'all',
        num_points: int = 2048,
        views: int = 4,
        image_size: int = 112,
        seed: int = 0,
        licences: Sequence[str] | None = None,
        workers: int = 2,
        cache_dir: str | Path | None = None,
        images: bool = False,
        texts: bool = False,
        image_pipeline: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(images=images, texts=texts, image_pipeline=image_pipeline)
        if split not in SPLITS:
            raise UsageError(f'SweetHome3D has no split {split!r}: choose from {", ".join(SPLITS)}')
        if images and views < 1:
            raise UsageError('SweetHome3D: images=True needs views of at least 1')
        recipe = Recipe(num_points, views if images else 0, image_size, seed=seed)
        folder = zoo_home() / 'sweethome3d' if cache_dir is None else expand(cache_dir)
        sources = [files] if isinstance(files, str | Path) else files
        self._store, known = load_objects(find_files(sources), recipe, folder, workers=workers)
        self.catalogues: list[dict[str, Any]] = known['catalogues']
        self.broken: dict[str, str] = known['broken']
        if self.broken:
            lines = sorted(set(self.broken.values()), key=lambda reason: NO_SURFACE in reason)
            level = logging.INFO if NO_SURFACE in lines[0] else logging.WARNING
            logging.getLogger(__name__).log(level, '%d pieces are left out, the first: %s', len(self.broken), lines[0])
        self.classes = tuple(sorted({item['category'] for item in known['objects']}))
        self._objects = [
            item for item in _divide(known['objects'], split, seed) if licences is None or item['licence'] in licences
        ]
        if not self._objects:
            stated = sorted({item['licence'] for item in known['objects']})
            raise UsageError(f'SweetHome3D: no object is left of those with licences {", ".join(stated)}')
        self.labels = np.array([self.classes.index(item['category']) for item in self._objects], dtype=np.int64)
        self.num_views = recipe.views + 1 if recipe.views else 0
        derived = ('signature', 'thinness')  # they follow from the model, whose digest is there
        words = [
            json.dumps({key: value for key, value in item.items() if key not in derived}, sort_keys=True)
            for item in self._objects
        ]
        self.fingerprint = content_hash(*self.classes, *words)

    def _array(self, index: int, key: str) -> np.ndarray:
        path = self._store.path(self._objects[index]['id'])
        array = read_array(path, key, self._objects[index]['content'])
        if array is None:
            raise UsageError(f'{path} is missing or damaged: remove it, and it is made again at the next start')
        return array

    def caption(self, index: int) -> str:
        """Return the name of one object and its tags, without those that name the collection it comes from."""
        item = self._objects[index]
        origins = {'default', 'blend swap', item['catalogue'].lower(), item['creator'].lower()}
        tags = [tag for tag in item['tags'] if tag.lower() not in origins]
        return ', '.join([item['name'], *tags])

    def source(self, index: int) -> str:
        """Return catalogue and model file of one object."""
        return str(self._objects[index]['source'])

    def info(self, index: int) -> dict[str, Any]:
        """Return all that is known of one object.

        ``id``, ``name``, ``category``, ``tags``, ``creator``, ``licence`` (a short name; from the table for this
        object, else from the package's copyright file, else from the table), ``licence_statement`` (what the table
        says, in its words), ``holder`` (of the copyright), ``notice`` (what the model file itself says), ``size_cm``
        (width, depth, height), ``source``, ``catalogue``, ``faces``, ``signature``, ``thinness``.
        """
        return {key: value for key, value in self._objects[index].items() if key not in ('content', 'model')}

    def licences(self) -> str:
        """Return a table of the licences of the objects and who made them, to be printed."""
        return licence_summary(self._objects)

    def write_attribution(self, path: str | Path, indices: Sequence[int] | None = None) -> Path:
        """Write a list of name, creator and licence of every object, with the notices of their catalogues.

        Args:
            path: The file, Markdown.
            indices: Positions of the objects; all of them by default.
        """
        shown = self._objects if indices is None else [self._objects[index] for index in indices]
        return write_attribution(path, shown, self.catalogues)


def _divide(objects: list[dict[str, Any]], split: str, seed: int) -> list[dict[str, Any]]:
    """Return the objects of a split, in the order of the catalogues."""
    if split == 'all':
        return objects
    first = {item['model']: item['id'] for item in reversed(objects)}
    classes: dict[str, list[tuple[str, int]]] = {}
    for position, item in enumerate(objects):
        key = hashlib.sha256(f'{seed}/{first[item["model"]]}'.encode()).hexdigest()
        classes.setdefault(item['category'], []).append((key, position))
    test: set[str] = set()
    for members in classes.values():
        test.update(key for key, _ in sorted(members)[: round(TEST_FRACTION * len(members))])
    chosen = {
        position for members in classes.values() for key, position in members if (key in test) == (split == 'test')
    }
    return [objects[position] for position in sorted(chosen)]
