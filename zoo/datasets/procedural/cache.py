"""Objects made once and kept as arrays that are mapped into memory."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import multiprocessing
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from tqdm import tqdm

from zoo.compat import zoo_home
from zoo.datasets.procedural.render import render
from zoo.datasets.procedural.sampling import sample_surface, to_unit_sphere
from zoo.datasets.procedural.shapes import SHAPES, assemble, random_streams
from zoo.datasets.storage import content_hash, read_json
from zoo.errors import UsageError

GENERATOR = 1
"""Version of the recipes; raise it when an object changes, so that no cache of older ones is read."""

CHUNK = 60
ARRAYS = ('points', 'parts', 'images')


@dataclass(frozen=True)
class Order:
    """What is to be made; equal orders give equal arrays.

    Attributes:
        split: ``train``, ``val`` or ``test``.
        num_objects: S; object i has class ``i % len(classes)``.
        num_points: N.
        image_size: side of the pictures in pixels.
        views: pictures of every object V, 0 for none.
        seed: of the dataset.
        classes: class names; the label is the position.
        generator: version of the recipes.
    """

    split: str
    num_objects: int
    num_points: int
    image_size: int
    views: int
    seed: int
    classes: tuple[str, ...]
    generator: int = GENERATOR

    @property
    def key(self) -> str:
        """Digest of the order."""
        return hashlib.sha256(json.dumps(dataclasses.asdict(self), sort_keys=True).encode()).hexdigest()[:20]


@dataclass(frozen=True)
class Objects:
    """Arrays of S objects: points (S, N, 3) float32, parts (S, N) uint8, images (S, V, H, W, 3) uint8, captions."""

    points: np.ndarray
    parts: np.ndarray
    images: np.ndarray
    captions: list[str]
    fingerprint: str


def load_objects(order: Order, cache_dir: Path | None = None, workers: int | None = None) -> Objects:
    """Read the objects, making first what is not there yet.

    Args:
        order: what to make.
        cache_dir: folder of all orders; ``$ZOO_HOME/procedural`` by default.
        workers: processes; one per core by default.

    Raises:
        UsageError: the cache cannot be written.
    """
    folder = (cache_dir or zoo_home() / 'procedural') / order.key
    if not _complete(folder, order):
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f'{folder}.lock'):
                if not _complete(folder, order):
                    _make(folder, order, workers or os.cpu_count() or 1)
        except OSError as error:
            raise UsageError(
                f'cannot write the shapes to {folder.parent}: {error}; set $ZOO_HOME to a writable folder'
            ) from error
    arrays = {name: np.load(folder / f'{name}.npy', mmap_mode='r', allow_pickle=False) for name in ARRAYS}
    meta = read_json(folder / 'meta.json')
    return Objects(**arrays, captions=meta['captions'], fingerprint=meta['fingerprint'])


def make_one(order: Order, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """Points, parts, pictures and caption of one object; depends on nothing but the arguments."""
    name = order.classes[index % len(order.classes)]
    shape_rng, point_rng, view_rng = random_streams(name, order.seed, order.split, index // len(order.classes))
    item = assemble(SHAPES[name], shape_rng)
    points, _, face = sample_surface(item.mesh, item.normals, order.num_points, point_rng)
    pictures = [render(item, order.image_size, view_rng) for _ in range(order.views)]
    images = np.stack(pictures) if pictures else np.empty((0, order.image_size, order.image_size, 3), np.uint8)
    return to_unit_sphere(points).astype(np.float32), item.part[face].astype(np.uint8), images, item.caption


def _make(folder: Path, order: Order, workers: int) -> None:
    """Make all chunks that are missing, then put them together in one step."""
    parts = folder.with_name(f'{folder.name}.chunks')
    parts.mkdir(exist_ok=True)
    starts = range(0, order.num_objects, CHUNK)
    missing = [(order, start, parts / f'{start}.npz') for start in starts if not _readable(parts / f'{start}.npz')]
    with tqdm(
        total=order.num_objects,
        initial=order.num_objects - sum(min(CHUNK, order.num_objects - start) for _, start, _ in missing),
        desc=f'ProceduralShapes {order.split}',
        unit='object',
        disable=order.num_objects < 2 * CHUNK,
    ) as bar:
        if workers == 1 or len(missing) < 2:
            for job in missing:
                bar.update(_make_chunk(job))
        else:
            # Forked children only run numpy; a spawned one would import the caller's script a second time.
            with multiprocessing.get_context('fork').Pool(min(workers, len(missing))) as pool:
                for count in pool.imap_unordered(_make_chunk, missing):
                    bar.update(count)
    _assemble(folder, order, [parts / f'{start}.npz' for start in starts])
    shutil.rmtree(parts)


def _make_chunk(job: tuple[Order, int, Path]) -> int:
    """Make some objects and write them in one step; returns how many."""
    order, start, path = job
    rows = [make_one(order, index) for index in range(start, min(start + CHUNK, order.num_objects))]
    points, parts, images, captions = (list(column) for column in zip(*rows, strict=True))
    temporary = path.with_suffix('.tmp.npz')
    np.savez(temporary, points=np.stack(points), parts=np.stack(parts), images=np.stack(images), captions=captions)
    temporary.replace(path)
    return len(rows)


def _assemble(folder: Path, order: Order, chunks: list[Path]) -> None:
    """Join the chunks into a folder that appears whole."""
    columns: dict[str, list[Any]] = {name: [] for name in (*ARRAYS, 'captions')}
    for path in chunks:
        with np.load(path, allow_pickle=False) as chunk:
            for name, column in columns.items():
                column.append(chunk[name])
    joined = {name: np.concatenate(column) for name, column in columns.items()}
    captions = joined.pop('captions').tolist()
    temporary = folder.with_name(f'{folder.name}.tmp')
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    for name, array in joined.items():
        np.save(temporary / f'{name}.npy', array)
    meta = {
        'order': dataclasses.asdict(order),
        'captions': captions,
        'fingerprint': content_hash(*joined.values(), *captions, *order.classes),
    }
    (temporary / 'meta.json').write_text(json.dumps(meta), encoding='utf-8')
    shutil.rmtree(folder, ignore_errors=True)
    temporary.replace(folder)


def _complete(folder: Path, order: Order) -> bool:
    """Whether the folder holds whole arrays of the order; a damaged one is made again."""
    try:
        shapes = {name: np.load(folder / f'{name}.npy', mmap_mode='r', allow_pickle=False).shape for name in ARRAYS}
        captions = json.loads((folder / 'meta.json').read_text(encoding='utf-8'))['captions']
    except (OSError, ValueError, KeyError, EOFError):
        return False
    count, size = order.num_objects, order.image_size
    expected = {
        'points': (count, order.num_points, 3),
        'parts': (count, order.num_points),
        'images': (count, order.views, size, size, 3),
    }
    return shapes == expected and len(captions) == count


def _readable(path: Path) -> bool:
    """Whether a chunk is there and whole."""
    try:
        with np.load(path, allow_pickle=False) as chunk:
            return {'points', 'parts', 'images', 'captions'} <= set(chunk.files)
    except (OSError, ValueError, EOFError):
        return False
