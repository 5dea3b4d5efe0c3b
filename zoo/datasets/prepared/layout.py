"""The files of a pack: what they hold, and whether they still hold it.

``meta.json`` says everything about the arrays and is small; what grows with the number of objects is mapped. P is the
sum of the sizes of all clouds, S the number of objects, V of pictures.

* ``points.npy``, ``normals.npy``: float32 or float16, ``(S, N, 3)``, or ``(P, 3)`` when clouds differ in size.
* ``parts.npy``: int16, ``(S, N)`` or ``(P,)``.
* ``offsets.npy``: int64 ``(S + 1,)``, the first point of every object, only when clouds differ in size.
* ``images.npy``: uint8 RGB ``(S, V, H, W, 3)``.
* ``labels.npy``: int64 ``(S,)``; -1 where an object has no class.
* ``objects.npy``: a line of JSON for every object (caption, info, source) as bytes; ``lines.npy``: int64 ``(S + 1,)``,
  the first byte of every line.
* ``stamps.json``: size and time of the files when they were last known to be right.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.prepared.arrays import map_array, stamps
from zoo.datasets.storage import content_hash
from zoo.errors import UsageError
from zoo.io import from_json, reading, write_whole

FORMAT = 'recon-zoo pack'
VERSION = 1

CLOUDS = ('points', 'normals', 'parts')
"""Arrays with a value for every point."""

NO_CONTENT = ('objects', 'lines')
"""Arrays that are no part of the fingerprint as they are: a source is a path, and paths differ between machines."""

Arrays = dict[str, NDArray[Any]]


def open_pack(folder: Path) -> tuple[dict[str, Any], Arrays]:
    """Map the arrays of a pack.

    A file with the size and the time of its writing is taken as it is; the content of any other is compared once with
    its digest.

    Returns:
        What ``meta.json`` holds, and the arrays by name.

    Raises:
        UsageError: A file is missing, cut off, changed or of another version.
    """
    meta = read_meta(folder)
    arrays = {name: _open(folder, name, form) for name, form in meta['arrays'].items()}
    files = [folder / f'{name}.npy' for name in arrays]
    if _read_stamps(folder) != stamps(files):
        logging.getLogger(__name__).warning('%s was copied or touched: its content is checked once', folder)
        before = stamps(files)
        _verify(folder, meta, arrays)
        with contextlib.suppress(OSError):  # a pack that cannot be written is checked whenever it is opened
            write_json(folder / 'stamps.json', before)
    return meta, arrays


def read_meta(folder: Path) -> dict[str, Any]:
    """Read ``meta.json``.

    Raises:
        UsageError: It is missing, damaged or of another version.
    """
    path = folder / 'meta.json'
    try:
        with reading(path):
            meta = from_json(path.read_text(encoding='utf-8'))
        if meta['format'] != FORMAT:
            raise ValueError(f'its format is {meta["format"]!r}')
        version = meta['version']
        if version == VERSION and meta['fingerprint'] != fingerprint(meta, list(meta['splits'])):
            raise ValueError('it was changed')
        # The fingerprint leaves out what a pack says beside its content. Older packs have no signature.
        if meta.pop('sha256', None) not in (None, _signature(meta)) and version == VERSION:
            raise ValueError('it was changed')
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(
            f'{path} is missing: give the folder of a pack that prepare has written, as an absolute path or relative '
            'to $ZOO_DATA or $ZOO_DATA/packs'
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f'{path} does not describe a pack ({error}): prepare the pack again') from error
    if version != VERSION:
        raise UsageError(f'{path} has format version {version}, this release reads {VERSION}: prepare the pack again')
    return dict(meta)


def fingerprint(meta: dict[str, Any], splits: list[str]) -> str:
    """Return the digest of the content of some splits, in the given order."""
    contents = []
    for split in splits:
        part = meta['splits'][split]
        arrays = {name: digest for name, digest in part['digests'].items() if name not in NO_CONTENT}
        contents.append([split, part['stop'] - part['start'], arrays, part['texts']])
    dtypes = {name: form['dtype'] for name, form in meta['arrays'].items()}
    values = [contents, dtypes, meta['classes'], meta['parts']]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def digests(arrays: Arrays, start: int, stop: int) -> dict[str, str]:
    """Return a digest of every array's share in the objects from ``start`` up to ``stop``."""
    return {name: content_hash(_share(arrays, name, start, stop)) for name in arrays}


def write_meta(folder: Path, meta: dict[str, Any]) -> None:
    """Write ``meta.json``, signed."""
    write_json(folder / 'meta.json', {**meta, 'sha256': _signature(meta)})


def _signature(meta: dict[str, Any]) -> str:
    """Return the digest of what ``meta.json`` says."""
    return hashlib.sha256(json.dumps(meta, sort_keys=True).encode()).hexdigest()


def write_json(path: Path, values: object) -> None:
    """Write a JSON file in one step."""
    write_whole(path, json.dumps(values, indent=1))


def _share(arrays: Arrays, name: str, start: int, stop: int) -> NDArray[Any]:
    """Return what an array holds of some objects."""
    array = arrays[name]
    if name in ('offsets', 'lines'):
        return np.diff(array[start : stop + 1])
    if name == 'objects':
        return array[arrays['lines'][start] : arrays['lines'][stop]]
    if name in CLOUDS and 'offsets' in arrays:
        return array[arrays['offsets'][start] : arrays['offsets'][stop]]
    return array[start:stop]


def _open(folder: Path, name: str, form: dict[str, Any]) -> NDArray[Any]:
    """Map one array after a look at its size."""
    path = folder / f'{name}.npy'
    try:
        with reading(path):
            size = path.stat().st_size
            if size != form['bytes']:
                raise ValueError(f'it has {size} bytes instead of {form["bytes"]}')
            return np.asarray(map_array(path, tuple(form['shape']), np.dtype(form['dtype'])))
    except FileNotFoundError as error:
        raise UsageError(f'{path} is missing: copy or prepare the pack again') from error
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise UsageError(f'{path} is damaged ({error}): copy or prepare the pack again') from error


def _read_stamps(folder: Path) -> object:
    """Return the stamps of the last time the files were right, None when nobody knows."""
    try:
        return from_json((folder / 'stamps.json').read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return None


def _verify(folder: Path, meta: dict[str, Any], arrays: Arrays) -> None:
    """Compare the content of all arrays with their digests."""
    for name in ('lines', 'offsets'):
        if name in arrays and not (arrays[name][0] == 0 and (np.diff(arrays[name]) > 0).all()):
            raise UsageError(f'{folder / name}.npy is damaged (it does not grow): copy or prepare the pack again')
    for split, part in meta['splits'].items():
        for name, digest in digests(arrays, part['start'], part['stop']).items():
            if digest != part['digests'][name]:
                raise UsageError(
                    f'{folder / name}.npy is damaged (other content in split {split}): copy or prepare the pack again'
                )
