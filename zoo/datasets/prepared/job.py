"""What goes into a pack: the objects of some datasets, a stretch of them at a time."""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from zoo.compat import data_root
from zoo.datasets.base import ObjectDataset, ObjectSubset
from zoo.datasets.coordinates import recentered
from zoo.datasets.prepared.chunks import Row
from zoo.datasets.prepared.layout import VERSION
from zoo.errors import UsageError
from zoo.registry import DATASETS

CHUNK = 32
"""Objects that are read and written at a time; no chunk has objects of two splits."""

PRECISIONS = ('float32', 'float16')

Part = ObjectDataset | dict[str, Any]


@dataclass(frozen=True)
class Form:
    """What every object of a pack has.

    Attributes:
        normals: Whether there are normals.
        parts: Whether there are part labels.
        image: Height and width of the pictures, None without pictures.
    """

    normals: bool
    parts: bool
    image: tuple[int, int] | None


class Job:
    """The objects of all splits in a row, and how they are turned into arrays.

    Attributes:
        datasets: Datasets by split.
        configs: Configs of those that were given as such.
        stretches: First object and the one after the last, by split.
        sizes: Number of objects of each chunk, by its first object.
        views: Number of pictures of every object.
        precision: 'float32' or 'float16', of points and normals.
        key: Digest of what is to be made; a job with another key makes something else.

    Args:
        parts: Datasets, or their configs, by split.
        views: Number of pictures of every object, the first ones; all by default.
        precision: Type of points and normals, see above.

    Raises:
        UsageError: A name, a number or a dataset makes no sense.
    """

    def __init__(self, parts: Mapping[str, Part], views: int | None = None, precision: str = 'float32') -> None:
        if not parts or any(not name.isidentifier() or name == 'all' for name in parts):
            raise UsageError(f'a pack needs splits with plain names, such as train and test, got {list(parts)}')
        if precision not in PRECISIONS:
            raise UsageError(f'a pack holds points as {" or ".join(PRECISIONS)}, not as {precision!r}')
        self.configs = {name: part for name, part in parts.items() if isinstance(part, dict)}
        self.datasets: dict[str, ObjectDataset] = {
            name: DATASETS.build(part) if isinstance(part, dict) else part for name, part in parts.items()
        }
        self.precision = precision
        self.stretches = _stretches(self.datasets)
        self.classes, self.part_names = _names(self.datasets)
        self.views = _views(self.datasets, views)
        self.labels = np.concatenate([_labels(dataset) for dataset in self.datasets.values()])
        self.sizes = {
            first: min(CHUNK, stop - first)
            for start, stop in self.stretches.values()
            for first in range(start, stop, CHUNK)
        }
        contents = {name: [dataset.fingerprint, len(dataset)] for name, dataset in self.datasets.items()}
        names = [self.classes, self.part_names]
        key = json.dumps([VERSION, CHUNK, precision, self.views, list(contents.items()), names])
        self.key = hashlib.sha256(key.encode()).hexdigest()[:20]

    @functools.cached_property
    def form(self) -> Form:
        """What the first object has, and every other has to have. It is read whole, which shows how long that takes."""
        dataset = next(iter(self.datasets.values()))
        with _reading(dataset, 0):
            dataset.points(0)
            image = dataset.image(0, 0).shape[:2] if self.views else None
            return Form(dataset.normals(0) is not None, dataset.part(0) is not None, image)

    def make(self, start: int) -> Row:
        """Return the arrays of the chunk that begins with an object.

        ``sizes (S,)``, ``points (P, 3)``, and where they exist ``normals (P, 3)``, ``parts (P,)`` and ``images
        (S, V, H, W, 3)``; P is the sum of the sizes. ``objects`` holds one line of JSON for every object, as bytes.

        Raises:
            UsageError: An object cannot be read or is not like the others; says which.
        """
        rows, lines = [], []
        root = f'{data_root()}/'
        with torch.random.fork_rng(devices=[]):
            for index in range(start, start + self.sizes[start]):
                dataset, position = self._find(index)
                torch.default_generator.manual_seed(position)  # a reader that draws draws the same in every process
                with _reading(dataset, position):
                    rows.append(self._row(dataset, position))
                    lines.append(_line(dataset, position, root))
        chunk = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
        sizes = np.array([len(row['points']) for row in rows], dtype=np.int64)
        lengths = np.array([len(line) for line in lines], dtype=np.int64)
        return {'sizes': sizes, 'lines': lengths, 'objects': np.frombuffer(b''.join(lines), dtype=np.uint8), **chunk}

    def _find(self, index: int) -> tuple[ObjectDataset, int]:
        """Return the dataset of an object and its position there."""
        name = next(name for name, (_, stop) in self.stretches.items() if index < stop)
        return self.datasets[name], index - self.stretches[name][0]

    def _row(self, dataset: ObjectDataset, index: int) -> Row:
        """Return the arrays of one object."""
        points, normals, part = dataset.points(index), dataset.normals(index), dataset.part(index)
        source = dataset.source(index)
        row = {'points': self._floats(points, 'points', len(points), source)}
        for name, values, wanted in (('normals', normals, self.form.normals), ('parts', part, self.form.parts)):
            if (values is not None) != wanted:
                raise ValueError(f'it has {"no " if wanted else ""}{name}, unlike the first object')
        if normals is not None:
            row['normals'] = self._floats(normals, 'normals', len(points), source)
        if part is not None:
            row['parts'] = _integers(part, len(points))
        if self.form.image is not None:
            pictures = [dataset.image(index, view) for view in range(self.views)]
            for picture in pictures:
                if picture.shape != (*self.form.image, 3) or picture.dtype != np.uint8:
                    raise ValueError(
                        f'its picture is {picture.dtype} {picture.shape}, that of the first object uint8 '
                        f'{(*self.form.image, 3)}, and a pack has pictures of one size, or none with views=0'
                    )
            row['images'] = np.stack(pictures)[None]
        return row

    def _floats(self, values: np.ndarray, name: str, count: int, source: str) -> np.ndarray:
        """Check points or normals, shape ``(N, 3)``."""
        if values.shape != (count, 3) or not count or values.dtype.kind != 'f':
            raise ValueError(f'its {name} are {values.dtype} {values.shape}, expected floats {(count or "N", 3)}')
        with np.errstate(over='ignore'):
            stored = values.astype(self.precision)
        if not np.isfinite(stored).all():
            cause = 'values too large for float16' if np.isfinite(values).all() else 'NaN or infinity'
            raise ValueError(f'its {name} have {cause}')
        if name == 'points':
            # Moved before the cast; what a coarse type then still cannot tell apart is refused.
            stored = recentered(recentered(values, source).astype(self.precision), source)
        return stored


@contextmanager
def _reading(dataset: ObjectDataset, index: int) -> Iterator[None]:
    """Turn what goes wrong while an object is read into a line that names it."""
    try:
        yield
    except (OSError, ValueError, EOFError) as error:
        raise UsageError(f'{dataset.source(index)} cannot go into a pack: {error}'.replace('\n', ' ')) from error


def modules_of(configs: Any) -> Iterator[str]:
    """Yield the modules of all types that configs name, so that another process can register them."""
    if isinstance(configs, dict):
        kind = configs.get('type')
        found = DATASETS.get(kind) if isinstance(kind, str) else None
        if found is not None:
            yield found.__module__
    for value in (
        configs.values() if isinstance(configs, dict) else configs if isinstance(configs, list | tuple) else ()
    ):
        yield from modules_of(value)


def save_order(job: Job, path: Path) -> bool:
    """Write what another process needs to do the same job; False when it cannot be told."""
    modules = sorted(set(modules_of(job.configs)))
    if list(job.configs) != list(job.datasets) or '__main__' in modules:
        return False
    values = {'parts': job.configs, 'views': job.views, 'precision': job.precision, 'key': job.key, 'modules': modules}
    try:
        path.write_text(json.dumps(values, default=_plain), encoding='utf-8')
    except TypeError:
        return False
    return True


def load_order(path: Path) -> Job:
    """Read what ``save_order`` wrote.

    Raises:
        UsageError: The datasets are not what they were for the process that asked.
    """
    values = json.loads(path.read_text(encoding='utf-8'))
    for module in values['modules']:
        importlib.import_module(module)
    job = Job(values['parts'], values['views'], values['precision'])
    if job.key != values['key']:
        raise UsageError(f'{", ".join(values["parts"])}: opened twice, the data differ; do not change them meanwhile')
    return job


def _plain(value: object) -> object:
    """Return a value of a config as JSON can hold it."""
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f'{type(value)} cannot be told to another process')


def _stretches(datasets: Mapping[str, ObjectDataset]) -> dict[str, tuple[int, int]]:
    """Return where each split lies."""
    stretches, start = {}, 0
    for name, dataset in datasets.items():
        if not len(dataset):
            raise UsageError(f'split {name} has no objects: leave it out of the pack')
        stretches[name] = (start, start := start + len(dataset))
    return stretches


def _names(datasets: Mapping[str, ObjectDataset]) -> tuple[list[str], Any]:
    """Return the classes and the names of parts, which all splits share."""
    for attribute in ('classes', 'parts'):
        found = {name: json.dumps(getattr(_whole(dataset), attribute)) for name, dataset in datasets.items()}
        if len(set(found.values())) > 1:
            raise UsageError(f'splits {", ".join(found)} differ in their {attribute}: make a pack of each')
    first = _whole(next(iter(datasets.values())))
    return list(first.classes), json.loads(json.dumps(first.parts))


def _views(datasets: Mapping[str, ObjectDataset], views: int | None) -> int:
    """Return how many pictures every object gets."""
    fewest = min(dataset.num_views for dataset in datasets.values())
    if views is None and len({dataset.num_views for dataset in datasets.values()}) > 1:
        counts = ', '.join(f'{name} {dataset.num_views}' for name, dataset in datasets.items())
        raise UsageError(f'splits differ in their pictures of an object ({counts}): say views={fewest}')
    if views is not None and not 0 <= views <= fewest:
        raise UsageError(f'views={views}, but there are {fewest} pictures of every object')
    return fewest if views is None else views


def _labels(dataset: ObjectDataset) -> np.ndarray:
    """Return the labels, int64 ``(S,)``."""
    labels = np.asarray(dataset.labels)
    if labels.dtype.kind not in 'iu':
        raise UsageError(f'{type(dataset).__name__} has labels of type {labels.dtype}: they must be whole numbers')
    labels = labels.astype(np.int64)
    wrong = np.flatnonzero((labels < -1) | (labels >= len(dataset.classes)))
    if len(wrong):
        source = dataset.source(int(wrong[0]))
        raise UsageError(f'{source} has label {labels[wrong[0]]}, but there are {len(dataset.classes)} classes')
    return labels


def _integers(part: np.ndarray, count: int) -> np.ndarray:
    """Check part labels, shape ``(N,)``."""
    limits = np.iinfo(np.int16)
    if part.shape != (count,) or part.dtype.kind not in 'iu' or part.min() < limits.min or part.max() > limits.max:
        raise ValueError(f'its part labels are {part.dtype} {part.shape}, expected int16 {(count,)}')
    return part.astype(np.int16)


def _line(dataset: ObjectDataset, index: int, root: str) -> bytes:
    """Return what is known of an object as a line of JSON; files below ``root`` are named without it."""
    values = {
        'caption': _caption(dataset, index),
        'info': dataset.info(index),
        'source': dataset.source(index).removeprefix(root),
    }
    try:
        return (json.dumps(values, ensure_ascii=False) + '\n').encode()
    except TypeError as error:
        raise ValueError(f'what is known of it is no JSON ({error})') from error


def _caption(dataset: ObjectDataset, index: int) -> str | None:
    """Return the caption; None where it would be the class, and there is none."""
    if dataset.labels[index] >= 0:
        return dataset.caption(index)
    if type(_whole(dataset)).caption is ObjectDataset.caption:
        return None
    try:
        return dataset.caption(index)
    except UsageError:  # a class name after all
        return None


def _whole(dataset: ObjectDataset) -> ObjectDataset:
    """Return the set that a subset, of a subset, is taken from."""
    while isinstance(dataset, ObjectSubset):
        dataset = dataset.parent
    return dataset
