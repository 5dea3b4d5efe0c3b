"""Packs: a whole dataset in one or two .npz files, held in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from zoo.datasets.base import ObjectDataset
from zoo.datasets.coordinates import recentered
from zoo.datasets.labels import check_labels
from zoo.datasets.splits import as_text, read_flags
from zoo.datasets.storage import Archive, content_hash, read_json, resolve
from zoo.errors import UsageError
from zoo.registry import DATASETS

SPLITS = ('train', 'val', 'test', 'all')


@DATASETS.register_module()
class ShapePack(ObjectDataset):
    """Objects from NPZ packs, read once and kept in memory in the precision of the file.

    Two layouts of ``points`` are understood:

    * one table: ``pts (S, N, 3)``, and where they exist ``y (S,)``, ``classes``, ``id (S,)`` and ``test (S,)`` or
      ``split (S,)``: true or 1 for the test split, or the words 'train', 'val' and 'test';
    * one table a split: ``pts_train``, ``y_train``, ``pts_test``, ``y_test``, ``classes``, and ``pts_val`` alike.

    Labels ``y`` are positions in ``classes``, or names; names need no ``classes``.

    ``images`` holds ``views``: grey ``(S, V, H, W)``, color ``(S, V, H, W, 3)`` or one color picture each
    ``(S, H, W, 3)``, uint8, in the rows of the points (``views_train``, ``views_test`` in the second layout).
    ``meta`` is a JSON list with one object a row, from which captions and, without ``y``, classes are taken; ``info``
    returns the row. Captions are otherwise the class names, spelt as words.

    Args:
        points: Path of the pack, absolute or relative to the data root.
        images: Path of the views; with it, batches carry images.
        split: 'train', 'val', 'test' or 'all'.
        texts: Texts in batches, see ``ObjectDataset``.
        meta: Path of the JSON list; only beside one table.
        image_key: Name of the array of views.
        caption_key: Entry of a meta row that is the caption; by default ``caption`` where all rows have it, else
            ``name``.
        class_key: Entry of a meta row that is the class.
        image_pipeline: Configs of image transforms, see ``ObjectDataset``.

    Raises:
        UsageError: A file or an array is missing, damaged or does not fit the others.
    """

    def __init__(
        self,
        points: str | Path,
        images: str | Path | None = None,
        split: str = 'train',
        *,
        texts: bool | str = False,
        meta: str | Path | None = None,
        image_key: str = 'views',
        caption_key: str | None = None,
        class_key: str = 'category',
        image_pipeline: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(images=images is not None, texts=texts, image_pipeline=image_pipeline)
        rows = _Rows(Archive(points), split)
        self._points = _checked_points(rows)
        total = len(self._points)
        self._captions: list[str] | None = None
        self._infos: list[dict[str, Any]] = []
        named: list[str] | None = None
        if meta is not None:
            self._infos, self._captions, named = _read_meta(meta, rows, total, caption_key, class_key)
        self.classes, self.labels = _read_classes(rows, total, named)
        self._views = None if images is None else _read_views(rows, total, Archive(images), image_key)
        self.num_views = 0 if self._views is None else self._views.shape[1]
        if texts and not self.classes and self._captions is None:
            raise UsageError(f'{rows.archive.path} has no classes to make captions of: give meta, or texts=False')
        views = () if self._views is None else (self._views,)
        self.fingerprint = content_hash(self._points, self.labels, *views, *self.classes, *(self._captions or ()))

    def points(self, index: int) -> np.ndarray:
        """Return the points of one object: float32, shape ``(N, 3)``."""
        return self._points[index].astype(np.float32)

    def gather_points(self, indices: np.ndarray) -> np.ndarray:
        """Return the clouds of many objects, shape ``(B, N, 3)``, in the precision of the file."""
        return self._points[indices]

    def image(self, index: int, view: int) -> np.ndarray:
        """Return one view: uint8 RGB, shape ``(H, W, 3)``."""
        return self.gather_images(np.array([index]), np.array([view]))[0]

    def gather_images(self, indices: np.ndarray, views: np.ndarray) -> np.ndarray:
        """Return one view of each of many objects: uint8 RGB, shape ``(B, H, W, 3)``."""
        if self._views is None:
            raise UsageError(f'{type(self).__name__} was built without images: give the path of the views')
        pictures = self._views[indices, views]
        return pictures if pictures.ndim == 4 else np.repeat(pictures[..., None], 3, axis=-1)

    def caption(self, index: int) -> str:
        """Return the caption of the meta file, or the class name as words."""
        return self._captions[index] if self._captions is not None else super().caption(index)

    def info(self, index: int) -> dict[str, Any]:
        """Return the row of the meta file."""
        return dict(self._infos[index]) if self._infos else {}

    @property
    def own_text(self) -> str:
        """Which text a caption is."""
        return 'class name' if self._captions is None else 'caption'


def splits_of(archive: Archive) -> tuple[str, ...]:
    """Return the splits that a pack has, ('all',) where nothing tells them apart.

    Raises:
        UsageError: It is no pack.
    """
    rows = _Rows(archive, 'all')
    return rows.names or ('all',)


class _Rows:
    """Which rows of a pack form a split, in either layout."""

    def __init__(self, archive: Archive, split: str) -> None:
        if split not in SPLITS:
            raise UsageError(f'{archive.path}: there is no split {split!r}; choose one of {", ".join(SPLITS)}')
        self.archive = archive
        self.one_table = 'pts' in archive
        self.mask: np.ndarray | None = None
        parts = [name for name in SPLITS if f'pts_{name}' in archive]
        if self.one_table == bool(parts):
            found = 'both pts and pts_' + parts[0] if parts else 'neither pts nor pts_train'
            raise UsageError(f'{archive.path} is no pack: it has {found}; it has {archive.keys}')
        flags = None
        self.flagged_by = next((key for key in ('test', 'split') if self.one_table and key in archive), '')
        if self.flagged_by:
            flags = read_flags(archive.array(self.flagged_by), f'{archive.path}: array {self.flagged_by!r}')
            parts = [name for name in SPLITS if name in flags]
        elif self.one_table and split != 'all':
            raise UsageError(f"{archive.path} has no array 'test' that tells the splits apart: use split='all'")
        self.names = tuple(parts)
        if split != 'all':
            if split not in parts:
                raise UsageError(f'{archive.path} has no objects of split {split!r}, it has {", ".join(parts)}')
            self.names = (split,)
            self.mask = None if flags is None else flags == split

    def read(self, archive: Archive, key: str) -> np.ndarray:
        """Read the rows of one array, shape ``(S, ...)``."""
        if not self.one_table:
            parts = [archive.array(f'{key}_{name}') for name in self.names]
            if len({part.shape[1:] for part in parts}) > 1:
                shapes = ', '.join(f'{key}_{name} {part.shape}' for name, part in zip(self.names, parts, strict=True))
                raise UsageError(f'{archive.path}: arrays of several shapes are no one table: {shapes}')
            return np.concatenate(parts)
        return self.select(archive.array(key), f'{archive.path}: array {key!r}')

    def select(self, values: np.ndarray, what: str) -> np.ndarray:
        """Take the rows of this split out of a full table."""
        if self.mask is None:
            return values
        if len(values) != len(self.mask):
            raise UsageError(f'{what} has {len(values)} rows where array {self.flagged_by!r} has {len(self.mask)}')
        return values[self.mask]

    def has(self, archive: Archive, key: str) -> bool:
        """Say whether an array exists for this split.

        Raises:
            UsageError: It exists for some of the rows.
        """
        if self.one_table:
            return key in archive
        lacking = [f'{key}_{name}' for name in self.names if f'{key}_{name}' not in archive]
        if lacking and len(lacking) < len(self.names):
            raise UsageError(f'{archive.path} has no array {lacking[0]!r}, which its other splits have')
        return not lacking


def _checked_points(rows: _Rows) -> np.ndarray:
    """Read the clouds, shape ``(S, N, 3)``."""
    points = rows.read(rows.archive, 'pts')
    if points.ndim != 3 or points.shape[2] != 3 or points.dtype.kind != 'f' or not points.size:
        found = f'{points.dtype} {points.shape}'
        raise UsageError(f"{rows.archive.path}: array 'pts' must be floats of shape (objects, points, 3), not {found}")
    broken = np.flatnonzero(~np.isfinite(points).all(axis=(1, 2)))
    if len(broken):
        raise UsageError(f"{rows.archive.path}: array 'pts' has NaN or infinity in {len(broken)} rows ({broken[0]}, …)")
    return recentered(points, f"{rows.archive.path}: array 'pts'")


def _read_classes(rows: _Rows, total: int, named: list[str] | None) -> tuple[tuple[str, ...], np.ndarray]:
    """Read class names and labels ``(S,)``; no names, and labels -1, when the pack has none."""
    archive = rows.archive
    if rows.has(archive, 'y'):
        # All rows of the file, not those of one split alone: names get the same numbers, and messages the right row.
        labels = archive.array('y') if rows.one_table else rows.read(archive, 'y')
        what = f"{archive.path}: array 'y'"
        if 'classes' in archive or labels.dtype.kind not in 'US':
            names = archive.array('classes')
            if names.shape not in {(names.size,), (names.size, 1)}:
                raise UsageError(f"{archive.path}: array 'classes' must be a list of names, not {names.shape}")
            classes = tuple(as_text(names.reshape(-1), f"{archive.path}: array 'classes'").tolist())
        else:
            texts = labels if rows.one_table else _Rows(archive, 'all').read(archive, 'y')
            classes = tuple(np.unique(as_text(texts, what)).tolist())
        count = total if rows.mask is None else len(rows.mask)
        return classes, rows.select(check_labels(labels, what, count=count, classes=classes), what)
    if named is None:
        return (), np.full(total, -1, dtype=np.int64)
    unique, inverse = np.unique(named, return_inverse=True)
    return tuple(unique.tolist()), inverse.astype(np.int64)


def _read_views(rows: _Rows, total: int, images: Archive, key: str) -> np.ndarray:
    """Read the views, uint8: grey ``(S, V, H, W)`` or color ``(S, V, H, W, 3)``."""
    views = rows.read(images, key)
    if views.ndim == 4 and views.shape[3] == 3:
        views = views[:, None]
    color = views.ndim == 5 and views.shape[4] == 3
    if views.dtype != np.uint8 or not (color or views.ndim == 4) or len(views) != total:
        found = f'{views.dtype} {views.shape}'
        raise UsageError(f'{images.path}: array {key!r} must be uint8 ({total}, V, H, W) or (…, 3), not {found}')
    if rows.has(images, 'id') and rows.has(rows.archive, 'id'):
        ids, others = (
            as_text(rows.read(archive, 'id'), f'{archive.path}: array id') for archive in (images, rows.archive)
        )
        differ = np.flatnonzero(ids != others)
        if len(differ):
            raise UsageError(f"{images.path} and {rows.archive.path} differ in 'id' in {len(differ)} rows: not one set")
    return views


def _read_meta(
    path: str | Path, rows: _Rows, total: int, caption: str | None, category: str
) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """Read what is known of every object, captions and category names, one a row of the split."""
    where, table = resolve(path), read_json(path)
    if not rows.one_table or not isinstance(table, list):
        raise UsageError(f'{where} must be a JSON list with one object a row of a pack with one table')
    if caption is None:
        caption = 'caption' if all(isinstance(entry, dict) and 'caption' in entry for entry in table) else 'name'
    for key in (caption, category):
        lacking = [row for row, entry in enumerate(table) if not isinstance(entry, dict) or key not in entry]
        if lacking:
            raise UsageError(f'{where}: row {lacking[0]} has no entry {key!r}')
    chosen = [table[row] for row in rows.select(np.arange(len(table)), str(where)).tolist()]
    if len(chosen) != total:
        raise UsageError(f'{where} has {len(chosen)} rows where the points have {total}')
    return chosen, [str(entry[caption]) for entry in chosen], [str(entry[category]) for entry in chosen]
