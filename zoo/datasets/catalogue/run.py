"""What ``tools/data.py`` does with a target: check it, prepare it, tell its fingerprint."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo.compat import data_root as default_root
from zoo.compat import expand
from zoo.datasets.catalogue.check import check_parts, content_digest
from zoo.datasets.catalogue.entries import find
from zoo.datasets.catalogue.entry import build
from zoo.datasets.catalogue.report import Report, number
from zoo.datasets.catalogue.scan import scan
from zoo.datasets.catalogue.target import PACK_MARK, Target, resolve_target
from zoo.datasets.catalogue.verify import check_lists
from zoo.datasets.corpus.commons import MEMBERS
from zoo.datasets.prepared import MappedPack, prepare
from zoo.datasets.prepared.layout import read_meta
from zoo.datasets.sweethome3d import licence_summary
from zoo.errors import UnreadableError, UsageError
from zoo.registry import DATASETS

ATTRIBUTION = 'ATTRIBUTION.md'
"""File in a pack that lists who made each object, and under which licence."""


def check_target(target: Target, *, limit: int | None = None, workers: int = 2, progress: bool = True) -> Report:
    """Check the lists and every object of a target.

    Args:
        target: The set, from ``resolve_target``.
        limit: Number of objects of every part that are read; all by default.
        workers: Number of processes that help to read large parts.
        progress: Whether to show a bar on a terminal.

    Raises:
        UsageError: Nothing of the dataset is there.
    """
    report = Report(target.title)
    entry = target.entry
    if entry is not None and entry.places and target.folder is None:
        build(next(iter(target.parts.values())))  # says what is missing and how to get it
    if target.folder is not None:
        check_lists(target.folder, report, None if entry is None else entry.name)
    check_parts(
        target.candidates(),
        report,
        up=None if entry is None else entry.up,
        fixed_splits=entry is not None and entry.fixed_splits,
        limit=limit,
        workers=workers,
        progress=progress,
    )
    if entry is not None:
        for note in entry.notes:
            report.add('note', entry.name, note)
    return report


def fingerprints(target: Target, *, content: bool = False, progress: bool = True) -> list[dict[str, Any]]:
    """Return what identifies every part: ``part``, ``objects``, ``fingerprint`` and, if asked for, ``content``.

    Args:
        target: The set, from ``resolve_target``.
        content: Whether to read every object for the digest that a set and the pack prepared from it share.
        progress: Whether to show a bar on a terminal.

    Raises:
        UsageError: There is nothing but lists, or a part or an object cannot be read.
    """
    if not target.parts:
        raise UsageError(f'{target.title} holds lists and no clouds: check compares them with the published ones')
    rows = []
    for name, config in target.parts.items():
        dataset = build(config)
        row = {'part': name, 'objects': len(dataset), 'fingerprint': dataset.fingerprint}
        if content:
            probes = scan(dataset, range(len(dataset)), progress=f'reading {name}' if progress else None)
            broken = [probe.error for probe in probes if probe.error]
            if broken:
                raise UsageError(broken[0])
            row['content'] = content_digest(dataset, probes)
        rows.append(row)
    return rows


def prepare_target(
    target: Target,
    out: str | Path | None = None,
    *,
    data_root: str | Path | None = None,
    workers: int = 2,
    views: int | None = None,
    precision: str = 'float32',
    force: bool = False,
    progress: bool = True,
) -> list[MappedPack]:
    """Write a pack of a target, or one for each group of parts that do not belong together.

    Args:
        target: The set, from ``resolve_target``.
        out: Folder of the pack; ``packs/<name>`` in the data root by default.
        data_root: Folder of the datasets; that of the user by default.
        workers: Number of processes.
        views: Number of pictures of every object; all by default.
        precision: 'float32' or 'float16', of points and normals.
        force: Whether to make it again even if it is there.
        progress: Whether to show a bar.

    Returns:
        The packs, opened.

    Raises:
        UsageError: There is nothing to prepare, see ``zoo.datasets.prepared.prepare``, or ``force`` would remove
            something that is no pack.
    """
    if not target.parts:
        raise UsageError(f'{target.title} holds lists and no clouds: there is nothing to prepare')
    root = default_root() if data_root is None else expand(data_root)
    folder = root / 'packs' / Path(target.title).stem if out is None else expand(out)
    how: dict[str, Any] = {'workers': workers, 'views': views, 'precision': precision, 'progress': progress}
    if target.entry is not None and target.entry.name == 'commons':
        for name in MEMBERS:
            if find(name).found(root) is not None and not (root / 'packs' / name / PACK_MARK).is_file():
                prepare_target(resolve_target(name, data_root=root), data_root=root, **how)
    made = []
    for group, parts in _groups(target).items():
        destination = (folder / group).absolute()
        if force:
            _remove(destination)
        spoken = _spoken(next(iter(parts.values())), workers)
        if spoken is not None and len(parts) > 1:
            parts = {name: config for name, config in parts.items() if len(build(config))}  # a small set may lack one
        prepare(destination, parts, meta={**_about(target), **_kept(spoken)}, **how)
        if spoken is not None:
            spoken.write_attribution(destination / ATTRIBUTION)
        made.append(MappedPack(destination, 'all'))
    return made


def describe_pack(pack: MappedPack) -> str:
    """Return what was prepared: folder, objects, content, and what is kept of every object."""
    has = ['points', *(name for name, there in (('pictures', pack.num_views), ('classes', pack.classes)) if there)]
    what = f'{number(len(pack), "object")} with {", ".join(has)}'
    lines = [f'{pack.path}: {what}', f'  fingerprint {pack.fingerprint}']
    lines += [f'  terms: {pack.about["terms"]}'] if 'terms' in pack.about else []
    lines += [f'  left out: {count:,} {reason}' for reason, count in sorted(pack.about.get('left_out', {}).items())]
    infos = [pack.info(index) for index in range(len(pack))]
    if all('licence' in info and 'creator' in info for info in infos):
        lines += [licence_summary(infos), f'of every object: {pack.path / ATTRIBUTION}']
    return '\n'.join(lines)


def _groups(target: Target) -> Mapping[str, dict[str, dict[str, Any]]]:
    """Return the parts by group; within a group, parts go by their role."""
    groups: dict[str, dict[str, dict[str, Any]]] = {}
    for name, config in target.parts.items():
        part = target.known[name]
        groups.setdefault(part.group, {})[part.role if part.group else name] = config
    return groups


def _about(target: Target) -> dict[str, Any]:
    """Return what a pack remembers of where it is from."""
    entry = target.entry
    if entry is None:
        return {'from': target.title}
    return {'from': entry.name, 'title': entry.title, 'terms': entry.terms, 'source': entry.source, 'get': entry.get}


def _spoken(config: dict[str, Any], workers: int) -> Any:
    """Return the whole dataset whose objects have creators and licences of their own; None for any other."""
    kind = DATASETS.get(config['type'])
    if not hasattr(kind, 'write_attribution'):
        return None
    takes = inspect.signature(kind).parameters
    more = {'split': 'all', 'workers': workers}
    return build({**config, **{key: value for key, value in more.items() if key in takes}})


def _kept(dataset: Any) -> dict[str, Any]:
    """Return what a pack remembers of what was left out, and of the collections that its objects are from."""
    return {key: getattr(dataset, key) for key in ('left_out', 'catalogues') if hasattr(dataset, key)}


def _remove(folder: Path) -> None:
    """Remove a pack, and nothing else."""
    if not folder.exists():
        return
    try:
        read_meta(folder)
    except UnreadableError:
        raise
    except UsageError as error:
        raise UsageError(f'--force would remove {folder}, which is no pack: remove it yourself') from error
    shutil.rmtree(folder)
