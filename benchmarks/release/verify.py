"""Measure a released model again and compare with the index."""

from __future__ import annotations

import fnmatch
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.protocols.base import FEATURES, TEXT, load_all
from benchmarks.records import Result as Kept
from benchmarks.records.schema import Pretraining
from benchmarks.release.clouds import LARGEST_DISTANCE, largest_distance
from benchmarks.release.collect import evidence
from benchmarks.release.export import RESULTS
from benchmarks.suites.job import JOB_TYPES, Task
from benchmarks.suites.portable import localized
from zoo.config import ROOT
from zoo.errors import UsageError
from zoo.foreign import check_foreign, check_values
from zoo.hub import get_model, resolve_weights
from zoo.hub.index import Entry, Result, find_entry
from zoo.registry import DATASETS

SINGLE = 1.0
"""Percentage points that a figure may differ by where the index has no interval."""

BUILT_IN = 'ProceduralShapes'
"""Made anew on every machine: the same points, but signs of zeros in normals, which the fingerprint covers, differ."""


class Check(NamedTuple):
    """What was checked, its value in the index and now, and whether they agree; None where it could not be checked."""

    what: str
    said: str
    found: str
    good: bool | None


def verify(
    name: str, device: str = 'cpu', packs: Path | None = None, root: Path = ROOT, data: str = '*'
) -> tuple[str, int]:
    """Measure an entry again.

    Features of fixed clouds have to be those that were kept, and every figure of a frozen protocol has to lie within
    the interval of the index around the figure that these weights had.

    Args:
        name: name of the entry.
        device: ``cpu`` or ``cuda``.
        packs: folder of packs; ``$ZOO_PACKS`` by default.
        root: folder of the repository.
        data: shell pattern of the data sets that are measured on.

    Returns:
        A report of one line for every check, and the exit code: 0, or 1 where something differs.

    Raises:
        UsageError: no such entry, no weights, nothing measured in the index, or nothing of it can be measured here.
    """
    entry = find_entry(name, root / 'model_index.yml')
    if not entry.sources:
        raise UsageError(entry.untrained())
    if not any(result.by == 'measured' for result in entry.results):
        raise UsageError(f"figures of '{entry.name}' are quoted, not measured here: nothing to verify")
    weights = root / entry.sources[0]
    weights = weights if weights.is_file() else resolve_weights(entry.name)
    checks = []
    if entry.features:
        distance = largest_distance(root / entry.features, get_model(weights, features_only=True, device=device))
        said, good = f'cosine distance below {LARGEST_DISTANCE:g}', distance < LARGEST_DISTANCE
        checks.append(Check('features of 8 clouds', said, f'{distance:.1e}', good))
    for result in entry.results:
        if fnmatch.fnmatch(result.dataset, data):
            checks += _measured_again(entry, result, weights, device, packs, root)
    if all(check.good is None for check in checks):
        raise UsageError(f"nothing of '{entry.name}' can be measured here: {checks[0].found}")
    bad = sum(check.good is False for check in checks)
    verdicts = {True: 'agrees', False: 'DIFFERS', None: 'not checked'}
    lines = [f'{verdicts[good]:<11}  {what}: index {said}, now {found}' for what, said, found, good in checks]
    return '\n'.join([f'{entry.name} on {device}', *lines, f'{len(checks)} checks, {bad} differ']), 1 if bad else 0


def _measured_again(
    entry: Entry, result: Result, weights: Path, device: str, packs: Path | None, root: Path
) -> list[Check]:
    """Every metric of one result, by its job on the released weights."""
    # Those of other seeds were measured of other weights.
    jobs = (job for job in evidence(result.records, root) if job.record and job.settings)
    kept = next((job for job in jobs if job.record and job.record.weights_digest == entry.rounded_from), None)
    if kept is None or kept.record is None:
        return []
    what = f'{result.dataset}, {result.protocol}'
    widths = {metric: f' ± {width:.2f}' for metric, width in result.interval.items()}
    figures = {metric: f'{value:.2f}{widths.get(metric, "")}' for metric, value in result.metrics.items()}
    main = figures.get('oa', 'nan')
    if kept.kind not in load_all():
        raise UsageError(f'job {kept.key} of {RESULTS}: there is no protocol {kept.kind!r}; restore the file')
    if load_all()[kept.kind].requires not in (FEATURES, TEXT):
        return [Check(what, main, 'training is not repeated', None)]
    (trained,) = evidence([f'{RESULTS}#{kept.needs.get("weights", "")}'], root)
    about = _checked(kept, trained)
    try:
        with tempfile.TemporaryDirectory(prefix='recon-zoo-verify-') as folder:
            # The harness names weights relative to its folder, by the job that made them.
            place = Path(folder) / 'runs' / 'released' / 'weights.safetensors'
            place.parent.mkdir(parents=True)
            place.symlink_to(weights.resolve())
            source = {'about': about, 'digest': entry.rounded_from, 'weights': 'runs/released/weights.safetensors'}
            task = Task(kept.key, localized(kept.settings, packs), {'weights': source}, Path(folder), device)
            now, then = JOB_TYPES[kept.kind].run(task).record, kept.record
        if now is None:
            raise UsageError(f'a {kept.kind} job leaves no record')
    except UsageError as error:
        return [Check(what, main, str(error), None)]
    other = now.dataset.fingerprint != then.dataset.fingerprint
    if other and now.dataset.name != BUILT_IN:
        said, found = (f'data {record.dataset.fingerprint[:12]}' for record in (then, now))
        return [Check(what, said, found, False) for _ in result.metrics]
    checks, where = [], ' on shapes of this machine' if other else ''
    for metric, figure in figures.items():
        value, before = now.metrics[metric], then.metrics[metric]
        said, found = f'{figure}, these weights {before:.2f}', f'{value:.2f}{where}'
        good = abs(value - before) <= result.interval.get(metric, SINGLE)
        checks.append(Check(f'{what}, {metric}', said, found, good))
    return checks


def _checked(kept: Kept, trained: Kept) -> Mapping[str, Any]:
    """What records say of the pretraining; it and the datasets of the job were not written in Python."""
    what = f'job {kept.key} of {RESULTS}'
    try:
        for part in ('train', 'test'):
            if kept.settings.get(part):
                check_foreign(kept.settings[part], DATASETS, f'{what}: {part}')
        about: Mapping[str, Any] = trained.value['about']
        check_values({'about': about}, what)
        Pretraining(**about)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f'{what} cannot be read: {" ".join(str(error).split())[:200]}; restore the file') from error
    return about
