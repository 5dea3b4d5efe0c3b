"""Measure a released model again and compare with the index."""

from __future__ import annotations

import fnmatch
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.protocols.base import FEATURES, TEXT, load_all
from benchmarks.records import Record
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


@dataclass(frozen=True)
class Check:
    """One line of the report.

    Attributes:
        what: name of what was checked.
        said: value in the index.
        found: value now.
        good: whether they agree; None where it could not be checked.
    """

    what: str
    said: str
    found: str
    good: bool | None

    def __str__(self) -> str:
        verdict = {True: 'agrees', False: 'DIFFERS', None: 'not checked'}[self.good]
        return f'{verdict:<11}  {self.what}: index {self.said}, now {self.found}'


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
    checks = [_features(entry, weights, device, root)] if entry.features else []
    for result in (result for result in entry.results if fnmatch.fnmatch(result.dataset, data)):
        checks += _result(entry, result, weights, device, packs, root)
    if all(check.good is None for check in checks):
        raise UsageError(f"nothing of '{entry.name}' can be measured here: {checks[0].found}")
    bad = sum(check.good is False for check in checks)
    lines = [f'{entry.name} on {device}', *map(str, checks), f'{len(checks)} checks, {bad} differ']
    return '\n'.join(lines), 1 if bad else 0


def _features(entry: Entry, weights: Path, device: str, root: Path) -> Check:
    """Features of the fixed clouds."""
    model = get_model(weights, features_only=True, device=device)
    distance = largest_distance(root / entry.features, model)
    said = f'cosine distance below {LARGEST_DISTANCE:g}'
    return Check('features of 8 clouds', said, f'{distance:.1e}', distance < LARGEST_DISTANCE)


def _result(entry: Entry, result: Result, weights: Path, device: str, packs: Path | None, root: Path) -> list[Check]:
    """Every metric of one result."""
    what = f'{result.dataset}, {result.protocol}'
    for kept in evidence(result.records, root):
        # Those of other seeds were measured of other weights.
        if kept.record is None or kept.record.weights_digest != entry.rounded_from or not kept.settings:
            continue
        if kept.kind not in load_all():
            raise UsageError(f'job {kept.key} of {RESULTS}: there is no protocol {kept.kind!r}; restore the file')
        if load_all()[kept.kind].requires not in (FEATURES, TEXT):
            return [Check(what, _said(result, 'oa'), 'training is not repeated', None)]
        (trained,) = evidence([f'{RESULTS}#{kept.needs.get("weights", "")}'], root)
        about = _checked(kept, trained)
        try:
            now = _measured(kept, about, weights, entry, device, packs)
        except UsageError as error:
            return [Check(what, _said(result, 'oa'), str(error), None)]
        return [_compared(what, result, metric, kept.record, now) for metric in result.metrics]
    return []


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


def _measured(
    kept: Kept, about: Mapping[str, Any], weights: Path, entry: Entry, device: str, packs: Path | None
) -> Record:
    """Run the job again with the released weights."""
    with tempfile.TemporaryDirectory(prefix='recon-zoo-verify-') as folder:
        # The harness names weights relative to its folder, by the job that made them.
        place = Path(folder) / 'runs' / 'released' / 'weights.safetensors'
        place.parent.mkdir(parents=True)
        place.symlink_to(weights.resolve())
        source = {'about': about, 'digest': entry.rounded_from, 'weights': 'runs/released/weights.safetensors'}
        task = Task(kept.key, localized(kept.settings, packs), {'weights': source}, Path(folder), device)
        record = JOB_TYPES[kept.kind].run(task).record
    if record is None:
        raise UsageError(f'a {kept.kind} job leaves no record')
    return record


def _compared(what: str, result: Result, metric: str, then: Record, now: Record) -> Check:
    """One metric, now and then."""
    allowed = result.interval.get(metric, SINGLE)
    value, before = now.metrics[metric], then.metrics[metric]
    said, found = f'{_said(result, metric)}, these weights {before:.2f}', f'{value:.2f}'
    if now.dataset.fingerprint != then.dataset.fingerprint:
        if now.dataset.name != BUILT_IN:
            return Check(what, f'data {then.dataset.fingerprint[:12]}', f'data {now.dataset.fingerprint[:12]}', False)
        found += ' on shapes of this machine'
    return Check(f'{what}, {metric}', said, found, abs(value - before) <= allowed)


def _said(result: Result, metric: str) -> str:
    """A figure of the index with its interval."""
    width = result.interval.get(metric)
    return f'{result.metrics.get(metric, float("nan")):.2f}' + ('' if width is None else f' ± {width:.2f}')
