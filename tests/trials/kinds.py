"""What lies under ``$ZOO_HOME``, a function a kind: makes what is missing, returns a digest of all that is read."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.datasets.meshes.solids import save_box
from tests.datasets.prepared.sources import toys
from tests.datasets.sweethome3d.furniture import catalogue, piece
from tests.hub.download.server import checkpoint
from tests.teachers.toys import ColorTeacher, Objects
from zoo.datasets.mesh_folder import MeshFolder
from zoo.datasets.prepared import MappedPack, prepare
from zoo.datasets.procedural.cache import load_objects
from zoo.datasets.procedural.generate import Order
from zoo.datasets.storage import content_hash
from zoo.datasets.sweethome3d import SweetHome3D
from zoo.errors import UsageError
from zoo.hub.download import WeightFile, fetch_weights
from zoo.teachers import FeatureBank

Kind = Callable[[Path, Path, int], str]
"""Of the folder of what is kept, the folder of the sources, and a number that tells two of a kind apart."""


def procedural(home: Path, _: Path, number: int) -> str:
    """The built-in shapes."""
    found = load_objects(Order('train', 6, 16, 8, 1, number, ('cone', 'stool')), home / 'procedural', workers=1)
    return content_hash(found.points, found.normals, found.parts, found.images, *found.captions, found.fingerprint)


def meshes(home: Path, sources: Path, number: int) -> str:
    """Points and pictures of a folder of meshes."""
    root = sources / f'meshes{number}'
    for label, size in (('box', 1 + number), ('bar', 3 + number)):
        for name in 'ab':
            path = root / label / f'{name}.off'
            if not path.exists():
                save_box(path, 1, size, 2 if name == 'a' else 4)
    found = MeshFolder(
        root, 'all', num_points=16, views=1, image_size=8, images=True, workers=1, cache_dir=home / 'meshes'
    )
    rows = range(len(found))
    arrays = [array for row in rows for array in (found.points(row), found.normals(row), found.image(row, 0))]
    texts = [found.caption(row) + found.source(row) for row in rows]
    return content_hash(*arrays, found.labels, *texts, *found.classes, found.fingerprint)


def sweethome3d(home: Path, sources: Path, number: int) -> str:
    """Furniture."""
    file = sources / f'toys{number}.sh3f'
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        pieces = [piece('cup', height=f'{30 + number}'), piece('bed', 'Bedroom', width='200')]
        file.write_bytes(catalogue(pieces))
    found = SweetHome3D(
        [file], num_points=16, views=1, image_size=8, images=True, workers=1, cache_dir=home / 'sweethome3d'
    )
    rows = range(len(found))
    arrays = [array for row in rows for array in (found.points(row), found.colors(row), found.image(row, 1))]
    texts = [f'{found.caption(row)} {found.info(row)}' for row in rows]
    return content_hash(*arrays, found.labels, *texts, *found.classes, found.fingerprint)


def features(home: Path, sources: Path, number: int) -> str:
    """Features of a teacher."""
    file = sources / f'teacher{number}.pt'
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        ColorTeacher.write(file, number)
    bank = FeatureBank.build(ColorTeacher(file), Objects(), views=2, cache_dir=home / 'features', progress=False)
    return content_hash(*(values.numpy() for values in (bank.features, bank.rows, bank.mean, bank.std)))


def packs(home: Path, _: Path, number: int) -> str:
    """A prepared pack; here it lies with the rest."""
    parts = {'train': toys(seed=number, size=40), 'test': toys(seed=number + 9, size=3)}
    pack = MappedPack(prepare(home / 'packs' / f'toys{number}', parts, progress=False, meta={'terms': 'CC0'}), 'all')
    rows = np.arange(len(pack))
    texts = [f'{pack.caption(row)} {pack.info(row)} {pack.source(row)}' for row in rows]
    texts = [text.replace(str(home), '') for text in texts]
    views = [pack.gather_images(rows, rows * 0 + view) for view in range(pack.num_views)]
    arrays = [pack.gather_points(rows), pack.gather_parts(rows), *views, pack.labels]
    return content_hash(*arrays, *texts, *pack.classes, str(pack.parts), str(pack.about), pack.fingerprint)


def download(home: Path, sources: Path, number: int, *, published: bool) -> str:
    """A file of weights from a folder, with and without a published SHA-256; what is there is read, not fetched."""
    import hashlib

    content = checkpoint(3000, number)
    file = sources / f'weights{number}.safetensors'
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest() if published else ''
    wanted = WeightFile(f'weights{number}', (file.as_uri(),), sha256)
    return hashlib.sha256(fetch_weights(wanted, cache=home).read_bytes()).hexdigest()


KINDS: dict[str, Kind] = {
    'procedural': procedural,
    'meshes': meshes,
    'sweethome3d': sweethome3d,
    'features': features,
    'packs': packs,
    'downloads': functools.partial(download, published=False),
    'published downloads': functools.partial(download, published=True),
}


def outcome(kind: str, home: Path, sources: Path, expected: str) -> str:
    """Read what is kept and say what came of it: ``right``, ``refused``, ``silent``, or what was raised."""
    try:
        found = KINDS[kind](home, sources, 0)
    except UsageError as error:
        return 'refused' if '\n' not in str(error) else f'many lines: {error}'
    except Exception as error:
        return f'traceback: {type(error).__name__}: {error}'
    return 'right' if found == expected else 'silent'
