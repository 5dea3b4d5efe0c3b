"""A folder of meshes into a folder of points and pictures that any program can read."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from zoo.compat import expand
from zoo.datasets.meshes.bake import Baked, Recipe, bake, write_arrays
from zoo.datasets.meshes.beside import folder_files
from zoo.datasets.meshes.files import SUFFIXES, parse_mesh
from zoo.datasets.meshes.pool import run_jobs
from zoo.datasets.meshes.scan import find_meshes
from zoo.datasets.meshes.store import as_record, take_stamps
from zoo.datasets.prepared.arrays import read_npz
from zoo.errors import UsageError
from zoo.io import from_json, write_whole


@dataclass
class RenderReport:
    """What has happened to the meshes of a folder.

    Attributes:
        made: Meshes that were read now.
        kept: Meshes of which everything was there already.
        broken: Fault of each of the others, by name.
    """

    made: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f'{len(self.made)} meshes rendered, {len(self.kept)} were there, {len(self.broken)} are broken']
        return '\n'.join(lines + [f'  {reason}' for _, reason in sorted(self.broken.items())])


def render_folder(
    folder: str | Path,
    out: str | Path,
    *,
    num_points: int = 2048,
    views: int = 4,
    image_size: int = 224,
    up: str = 'y',
    seed: int = 0,
    workers: int = 2,
    progress: bool = True,
) -> RenderReport:
    """Write points and shaded views of every mesh below a folder.

    ``a/b.obj`` becomes ``a/b.npz`` with ``points (N, 3)`` and ``normals (N, 3)``, float32, and ``colors (N, 3)``,
    uint8, and ``a/b_0.png``, ``a/b_1.png`` and so on; where two meshes differ in their endings alone, the names keep
    them (``b.obj.npz``). Points are centered, in the unit sphere, y up. Files appear whole; the .npz file is the last
    of its mesh and says what it was made from, so that a second run does only what is missing or out of date.

    Args:
        folder: Folder of the meshes.
        out: Folder for the results; made where it is missing.
        num_points: Number of points of every mesh N, uniform by area.
        views: Number of pictures of every mesh, from all around.
        image_size: Side of a picture in pixels.
        up: Axis that points up in the files: 'y' or 'z'.
        seed: Random seed of the points and the viewpoints.
        workers: Number of processes.
        progress: Whether a bar shows how far it is.

    Returns:
        What was made, what was there, and what is broken; a broken mesh does not stop the others.

    Raises:
        UsageError: There is no folder with meshes, it cannot be written to ``out``, or a number makes no sense.
    """
    jobs = _jobs(expand(folder), expand(out), Recipe(num_points, views, image_size, up, seed))
    missing = [job for job in jobs if not _is_there(job)]
    left = {job['name'] for job in missing}
    report = RenderReport(kept=[job['name'] for job in jobs if job['name'] not in left])
    task = f'{__name__}:render_file'
    for answer in run_jobs(task, missing, workers=workers, title='rendering meshes', progress=progress):
        record = as_record(answer)
        if record['error']:
            report.broken[record['name']] = record['error']
        else:
            report.made.append(record['name'])
    return report


def _jobs(root: Path, target: Path, recipe: Recipe) -> list[dict[str, Any]]:
    """Return what is to be done, whether it is done or not."""
    names = find_meshes(root)
    if not names:
        raise UsageError(f'{root} holds no meshes: expected files ending in {", ".join(SUFFIXES)}')
    return [
        {'name': name, 'path': str(root / name), 'stem': str(target / stem), 'recipe': recipe.to_dict()}
        for name, stem in _stems(names).items()
    ]


def _stems(names: list[str]) -> dict[str, str]:
    """Return the path of the results of every mesh, without an ending; no two are the same."""
    plain = [str(PurePosixPath(name).with_suffix('')) for name in names]
    counts = Counter(plain)
    return {name: stem if counts[stem] == 1 else name for name, stem in zip(names, plain, strict=True)}


def _pictures(job: dict[str, Any]) -> list[Path]:
    return [Path(f'{job["stem"]}_{number}.png') for number in range(job['recipe']['views'])]


def _origin(job: dict[str, Any], names: list[str]) -> str:
    """Return what the results are made from, as text."""
    return json.dumps({'stamps': take_stamps(Path(job['path']), names), 'recipe': job['recipe']}, sort_keys=True)


def _is_there(job: dict[str, Any]) -> bool:
    """Say whether the results of a mesh are complete and up to date."""
    made = read_npz(Path(f'{job["stem"]}.npz'))
    try:
        origin = str({} if made is None else made['made_from'])
        names = list(from_json(origin)['stamps'])
    except (ValueError, KeyError, TypeError):
        return False
    return origin == _origin(job, names) and all(path.is_file() for path in _pictures(job))


def render_file(job: dict[str, Any]) -> dict[str, Any]:
    """Write the results of one mesh; a job for ``run_jobs``.

    Args:
        job: ``name``, ``path``, ``stem`` (of the results) and ``recipe``.

    Returns:
        ``name`` and ``error``, or ``fatal`` where the results cannot be written.
    """
    path = Path(job['path'])
    beside = folder_files(path.parent)
    before = take_stamps(path, [''])
    try:
        baked = bake(
            parse_mesh(path.read_bytes(), path.suffix, str(path), beside), Recipe(**job['recipe']), job['name']
        )
    except UsageError as error:
        return {'name': job['name'], 'error': str(error)}
    except (OSError, MemoryError) as error:
        return {'name': job['name'], 'error': f'{path} cannot be read ({error!r})'}
    stamps = {**before, **take_stamps(path, [*beside.taken, *beside.missing])}
    origin = json.dumps({'stamps': stamps, 'recipe': job['recipe']}, sort_keys=True)
    try:
        _write(job, baked, origin)
    except OSError as error:
        reason = f'cannot write {job["stem"]}.npz ({error.strerror or error}): make room, or choose another folder'
        return {'name': job['name'], 'fatal': reason}
    return {'name': job['name'], 'error': None}


def _write(job: dict[str, Any], baked: Baked, origin: str) -> None:
    """Write pictures, then points."""
    target = Path(f'{job["stem"]}.npz')
    target.parent.mkdir(parents=True, exist_ok=True)
    for path, picture in zip(_pictures(job), baked.pop('views'), strict=True):
        write_whole(path, partial(Image.fromarray(picture).save, format='png'))
    write_arrays(target, {**baked, 'made_from': np.array(origin)})
