"""From catalogues to points and pictures, kept on disk."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo.datasets.meshes.bake import Recipe, bake, digest, traits, write_arrays
from zoo.datasets.meshes.files import parse_mesh
from zoo.datasets.meshes.painted import PaintedMesh
from zoo.datasets.meshes.pool import run_jobs
from zoo.datasets.meshes.store import Store, as_record
from zoo.datasets.storage import content_hash
from zoo.datasets.sweethome3d.catalogue import Archive, Entry
from zoo.datasets.sweethome3d.sources import NOT_STATED, Catalogue, open_catalogues
from zoo.errors import UsageError
from zoo.io import from_json, reading, write_whole

NOTICE_LINES = 12
"""Lines at the head of a model among which its own words on copyright are looked for."""


def load_objects(files: list[Path], recipe: Recipe, folder: Path, *, workers: int) -> tuple[Store, dict[str, Any]]:
    """Return what is kept of the furniture, making first what is missing.

    Args:
        files: Packages and catalogue files.
        recipe: Points and views that are made of every model.
        folder: Folder of all that is kept.
        workers: Number of processes.

    Returns:
        The store, and ``objects`` (what is known of each), ``broken`` (reasons by id), ``catalogues``.

    Raises:
        UsageError: A package is damaged, or the folder cannot be written.
    """
    stamps = []
    for path in files:
        with reading(path):
            stamps.append([path.name, path.stat().st_size, path.stat().st_mtime_ns])
    key = hashlib.sha256(json.dumps([stamps, recipe.to_dict(), _version()]).encode()).hexdigest()[:20]
    store = Store(folder / key, recipe)
    table = store.folder / 'objects.json'
    try:
        with reading(table):
            known: dict[str, Any] = from_json(table.read_text(encoding='utf-8'))
        true = known.pop('sha256') == content_hash(key, json.dumps(known, sort_keys=True))
        if true and all(store.path(item['id']).name in store.present() for item in known['objects']):
            return store, known
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    with tempfile.TemporaryDirectory(prefix='sweethome3d.') as temporary:
        known = _make(store, open_catalogues(files, Path(temporary)), workers)
    sha256 = content_hash(key, json.dumps(known, sort_keys=True))
    try:
        write_whole(table, json.dumps({**known, 'sha256': sha256}, indent=1))
    except OSError as error:
        raise UsageError(f'cannot write {table} ({error.strerror}): set $ZOO_HOME to a folder with space') from error
    return store, known


@functools.cache
def _version() -> str:
    """Return a digest of the code of this package."""
    paths = sorted(Path(__file__).parent.glob('*.py'))
    return hashlib.sha256(b''.join(path.read_bytes() for path in paths)).hexdigest()[:12]


def _make(store: Store, catalogues: list[Catalogue], workers: int) -> dict[str, Any]:
    """Make what is missing and return all that is known."""
    pieces = {entry.id: (catalogue, entry) for catalogue in catalogues for entry in catalogue.entries}
    present = store.present()
    jobs = []
    for key, (catalogue, entry) in pieces.items():
        record = store.records.get(key)
        if record is None or record['error'] or store.path(key).name not in present:
            jobs.append(_job(store, catalogue, entry))
    for answer in run_jobs(f'{__name__}:bake_entry', jobs, workers=workers, title='reading furniture'):
        store.add(as_record(answer))
    objects, broken = [], {}
    for key, (catalogue, entry) in pieces.items():
        record = store.records[key]
        if record['error']:
            broken[key] = record['error']
        else:
            found = {name: record[name] for name in ('faces', 'notice', 'content', 'model', 'signature', 'thinness')}
            objects.append({**describe(catalogue, entry), **found})
    abouts = [
        {
            'name': catalogue.about.get('name', Path(catalogue.label).stem),
            'version': catalogue.about.get('version', ''),
            'provider': catalogue.about.get('provider', ''),
            'licence': catalogue.about.get('license', ''),
            'source': catalogue.label,
            'notice': catalogue.notice,
        }
        for catalogue in catalogues
    ]
    return {'objects': objects, 'broken': broken, 'catalogues': abouts}


def describe(catalogue: Catalogue, entry: Entry) -> dict[str, Any]:
    """Return what is known of a piece before its model is read, as JSON can hold it."""
    licence, holder = catalogue.licence(entry)
    return {
        'id': entry.id,
        'name': entry.name,
        'category': entry.category,
        'tags': list(entry.tags),
        'creator': entry.creator or NOT_STATED,
        'holder': holder or NOT_STATED,
        'licence': licence,
        'licence_statement': entry.licence or ' '.join(catalogue.about.get('license', '').split()),
        'size_cm': list(entry.size_cm),
        'catalogue': catalogue.about.get('name', Path(catalogue.label).stem),
        'source': f'{catalogue.label}: {entry.model}',
    }


def _job(store: Store, catalogue: Catalogue, entry: Entry) -> dict[str, Any]:
    return {
        'name': entry.id,
        'path': str(catalogue.archive),
        'label': catalogue.label,
        'model': entry.model,
        'icon': entry.icon,
        'rotation': entry.rotation,
        'size_cm': entry.size_cm,
        'target': str(store.path(entry.id)),
        'recipe': store.recipe.to_dict(),
    }


@functools.lru_cache(maxsize=4)
def _open(path: str, label: str, _: int) -> Archive:
    """Open an archive once for all of its models; one that changes has another time."""
    return Archive(Path(path), label)


def bake_entry(job: dict[str, Any]) -> dict[str, Any]:
    """Read a model, make its points and views, write them; a job for ``run_jobs``.

    Args:
        job: ``name``, ``path`` and ``label`` of the archive, ``model`` and ``icon`` in it, ``rotation``, ``size_cm``,
            ``target`` (the .npz file) and ``recipe``.

    Returns:
        A record; with ``fatal`` instead of an error where the target cannot be written.
    """
    recipe = Recipe(**job['recipe'])
    record: dict[str, Any] = {'name': job['name'], 'stamps': {}, 'faces': 0, 'error': None, 'content': '', 'model': ''}
    where = f'{job["label"]}: {job["model"]}'
    try:
        archive = _open(job['path'], job['label'], Path(job['path']).stat().st_mtime_ns)
        content, suffix, beside = archive.model(job['model'])
        item = parse_mesh(content, suffix, where, beside, materials=archive.materials)
        item = to_size(item, job['rotation'], job['size_cm'])
        arrays = bake(item, recipe, job['name'])
        if recipe.views:
            icon = _icon(archive, job['icon'], recipe.image_size)
            arrays['views'] = np.concatenate([arrays['views'][:1] if icon is None else icon[None], arrays['views']])
    except (UsageError, MemoryError, OSError) as error:
        record['error'] = str(error) if isinstance(error, UsageError) else f'{where} cannot be read ({error})'
        return record
    model = hashlib.sha256(content).hexdigest()
    record |= {'faces': len(item.mesh.faces), 'content': digest(arrays), 'model': model, 'notice': own_notice(content)}
    record |= traits(item, recipe)
    try:
        write_arrays(Path(job['target']), {**arrays, 'content': np.array(record['content'])})
    except OSError as error:
        record['fatal'] = (
            f'cannot write {job["target"]} ({error.strerror or error}): make room, or choose another folder with '
            '$ZOO_HOME'
        )
    return record


def to_size(item: PaintedMesh, rotation: list[float], size_cm: list[float]) -> PaintedMesh:
    """Turn a model upright and stretch its box to width (x), depth (z) and height (y), as Sweet Home 3D does."""
    matrix = np.array(rotation, dtype=np.float64).reshape(3, 3)
    turned = item.mesh.vertices @ matrix.T
    extent = turned.max(axis=0) - turned.min(axis=0)
    wanted = np.array([size_cm[0], size_cm[2], size_cm[1]])
    solid = (extent > 1e-9 * extent.max()) & (wanted > 0)
    usual = np.median(wanted[solid] / extent[solid]) if solid.any() else 1.0
    scale = np.where(solid, wanted / np.where(solid, extent, 1.0), usual)
    return item.mapped(scale[:, None] * matrix)


def own_notice(content: bytes) -> str:
    """Return the words at the head of an OBJ file if they are about rights, else nothing."""
    lines = content[:4096].decode('utf-8', errors='replace').splitlines()[:NOTICE_LINES]
    words = ' '.join(' '.join(line.lstrip('# ').split()) for line in lines if line.startswith('#'))
    return ' '.join(words.split()) if re.search(r'licen[cs]e|copyright|\(c\)', words, re.IGNORECASE) else ''


def _icon(archive: Archive, member: str, size: int) -> NDArray[np.uint8] | None:
    """Return the icon before white, ``(size, size, 3)``, or None when there is none that can be read."""
    if not member:
        return None
    try:
        picture = Image.open(io.BytesIO(archive.read(member))).convert('RGBA')
    except (OSError, ValueError, SyntaxError, UsageError, Image.DecompressionBombError):
        return None
    sheet = Image.new('RGBA', (max(picture.size),) * 2, 'white')
    sheet.alpha_composite(picture, ((sheet.width - picture.width) // 2, (sheet.height - picture.height) // 2))
    return np.asarray(sheet.convert('RGB').resize((size, size), Image.Resampling.LANCZOS))
