"""Checks of a whole dataset: is it complete and whole, and is it what it is taken for?"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from zoo.datasets.base import ObjectDataset
from zoo.datasets.catalogue.axes import Upright, judge
from zoo.datasets.catalogue.duplicates import Sighting, check_leakage, check_repeats
from zoo.datasets.catalogue.report import Report, few, number
from zoo.datasets.catalogue.scan import Probe, scan
from zoo.errors import UsageError

LEAST_REPEATED = 0.01
"""Share of a cloud's points that come twice from which on it is worth a line: rounding alone makes some."""


@dataclass(frozen=True)
class Candidate:
    """One part of what is checked.

    Attributes:
        open: Function that builds the dataset; called once, so that one part after the other is in memory.
        expected: Number of objects that were published, None where that is not fixed.
        role: 'train', 'val', 'test', or nothing for what is compared with no other part.
        group: Name of the group: only parts of one group are compared.
        also: Other numbers that are right, and why.
    """

    open: Callable[[], ObjectDataset]
    expected: int | None = None
    role: str = ''
    group: str = ''
    also: Mapping[int, str] = field(default_factory=dict)


def check_parts(
    parts: Mapping[str, Candidate],
    report: Report,
    *,
    up: str | None = None,
    fixed_splits: bool = False,
    limit: int | None = None,
    workers: int = 0,
    progress: bool = True,
) -> None:
    """Read every object of every part once and say what is right and wrong with them.

    Args:
        parts: The parts, by name.
        report: Report that takes the findings; its facts get ``parts``.
        up: Direction that should be up, one of ``axes.SIDES``; None where there is no promise.
        fixed_splits: Whether an object in two splits is no mistake of the user: a warning and not a failure.
        limit: Number of objects of every part that are read, spread over it; all by default.
        workers: Number of processes that help to read large parts.
        progress: Whether to show a bar on a terminal.

    Raises:
        UsageError: ``limit`` makes no sense.
    """
    if limit is not None and limit < 1:
        raise UsageError(f'--limit must be at least 1, got {limit}')
    sightings: list[Sighting] = []
    for name, part in parts.items():
        try:
            with _silence():
                dataset = part.open()
        except UsageError as error:  # the other parts may be whole
            report.add('damaged', name, str(error))
            continue
        count = len(dataset)
        chosen = range(count) if limit is None else np.unique(np.linspace(0, count - 1, limit).astype(int)).tolist()
        probes = scan(dataset, chosen, workers=workers, progress=f'reading {name}' if progress else None)
        good = [probe for probe in probes if not probe.error]
        _check_part(name, part, dataset, probes, up, report)
        seen = [
            Sighting(probe.identity, name, dataset.source(probe.index), _label(dataset, probe.index)) for probe in good
        ]
        check_repeats(name, seen, report)
        sightings += seen if part.role else []
    check_leakage(sightings, {name: (part.role, part.group) for name, part in parts.items()}, report, fixed_splits)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep back what datasets warn of when they are built: the report says it."""
    logger = logging.getLogger('zoo.datasets')
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _label(dataset: ObjectDataset, index: int) -> str:
    """Return the class of an object, empty when it has none."""
    label = int(dataset.labels[index])
    return dataset.classes[label] if 0 <= label < len(dataset.classes) else ''


def _check_part(
    name: str, part: Candidate, dataset: ObjectDataset, probes: list[Probe], up: str | None, report: Report
) -> None:
    """Judge one part by itself: one line that sums it up, and one for everything that is wrong."""
    good = [probe for probe in probes if not probe.error]
    bad = [probe for probe in probes if probe.error]
    for probe in bad[:3]:
        report.add('damaged', name, probe.error)
    if len(bad) > 3:
        report.add(
            'damaged', name, f'{number(len(bad) - 3, "more object")} cannot be used, up to number {bad[-1].index}'
        )
    for reason in list(getattr(dataset, 'broken', {}).values()):  # left out by datasets that go on without them
        report.add('damaged', name, str(reason))
    for remark in getattr(dataset, 'remarks', ()):
        report.add('note', name, str(remark))
    _check_count(name, part, len(dataset), report)
    balance = _check_labels(name, dataset, report)
    if not good:
        return
    upright = judge(
        np.array([probe.support for probe in good if probe.support is not None]).reshape(-1, 6),
        [int(dataset.labels[probe.index]) for probe in good if probe.support is not None],
    )
    if up is not None and upright.up not in (None, up):
        report.add('warning', name, f'{upright.up} seems to be up instead of {up}: {upright.reason}')
    points = [probe.points for probe in good]
    read = '' if len(probes) == len(dataset) else f', {len(probes):,} of them read'
    published = ', as published' if part.expected == len(dataset) else ''
    words = [
        f'{number(len(dataset), "object")}{published}{read}',
        *([f'layout {dataset.layout}'] if hasattr(dataset, 'layout') else []),
        *([balance] if balance else []),
        _points(points),
        _size(good),
        f'{upright.up} up' if upright.up else 'up undecided',
        *([f'content {content_digest(dataset, good)[:12]}'] if len(good) == len(dataset) else []),
    ]
    fine = not any(finding.subject == name for level in ('damaged', 'failed') for finding in report.at(level))
    report.add('ok' if fine else 'note', name, '; '.join(words))
    repeated = [1 - probe.distinct / probe.points for probe in good]
    if max(repeated) >= LEAST_REPEATED:
        text = f'{number(sum(share >= LEAST_REPEATED for share in repeated), "cloud")} with points more than once'
        report.add('note', name, f'{text}, up to {max(repeated):.0%} of their points')
    report.facts.setdefault('parts', {})[name] = _facts(part, dataset, good, bad, upright)


def _check_count(name: str, part: Candidate, count: int, report: Report) -> None:
    if count in part.also:
        report.add(
            'note', name, f'{number(count, "object")} where {part.expected:,} were published: {part.also[count]}'
        )
    elif part.expected is not None and part.expected != count:
        report.add('failed', name, f'{number(count, "object")}, {part.expected:,} were published')


def _check_labels(name: str, dataset: ObjectDataset, report: Report) -> str:
    """Check that labels are positions in the classes; return how the classes are filled, in words."""
    labels, classes = dataset.labels, dataset.classes
    wrong = np.flatnonzero((labels < -1) | (labels >= len(classes)))
    if len(wrong):
        text = (
            f'{dataset.source(int(wrong[0]))} has label {labels[wrong[0]]}, there are {number(len(classes), "class")}'
        )
        report.add('damaged', name, text)
    if len(set(classes)) < len(classes):
        report.add('failed', name, f'two classes have one name: {few(sorted(classes))}')
    counts = np.bincount(labels[(labels >= 0) & (labels < len(classes))], minlength=len(classes))
    if not counts.sum():
        return ''
    empty = [classes[label] for label in np.flatnonzero(counts == 0)]
    if empty:
        report.add('note', name, f'{number(len(empty), "class")} without an object: {few(empty)}')
    if (labels == -1).any():
        report.add('note', name, f'{number(int((labels == -1).sum()), "object")} without a class')
    filled = np.flatnonzero(counts)
    least, most = int(filled[counts[filled].argmin()]), int(counts.argmax())
    if counts[least] == counts[most]:
        return f'{number(len(filled), "class")} of {counts[most]:,}'
    spread = f'{counts[least]:,} ({classes[least]}) to {counts[most]:,} ({classes[most]})'
    return f'{number(len(filled), "class")} of {spread}'


def _points(points: list[int]) -> str:
    """Say how large clouds are."""
    return f'{min(points):,} to {max(points):,} points' if min(points) < max(points) else f'{points[0]:,} points'


def _size(probes: list[Probe]) -> str:
    """Say whether clouds are centered and in the unit sphere, which files may or may not be."""
    radii, offset = [probe.radius for probe in probes], max(probe.offset for probe in probes)
    if max(radii) <= 1.001 and offset <= 0.01:
        filled = 'fill' if min(radii) >= 0.99 else 'in'
        return f'{filled} the unit sphere'
    return f'radius {min(radii):.3g} to {max(radii):.3g}, center up to {offset:.2g} off'


def content_digest(dataset: ObjectDataset, probes: list[Probe]) -> str:
    """Return a digest of clouds and their classes, whatever the order of objects, points and labels.

    A set and the pack that was prepared from it have the same one; the fingerprint of a dataset follows its storage.
    """
    lines = sorted(f'{probe.content.hex()} {_label(dataset, probe.index)}' for probe in probes)
    return hashlib.sha256('\n'.join(lines).encode()).hexdigest()


def _facts(
    part: Candidate, dataset: ObjectDataset, good: list[Probe], bad: list[Probe], upright: Upright
) -> dict[str, object]:
    """Return the figures of one part as JSON holds them."""
    counts = {name: int((dataset.labels == label).sum()) for label, name in enumerate(dataset.classes)}
    return {
        'objects': len(dataset),
        'published': part.expected,
        'read': len(good),
        'damaged': {probe.index: probe.error for probe in bad},
        'classes': counts,
        'points': [min(probe.points for probe in good), max(probe.points for probe in good)],
        'radius': [min(probe.radius for probe in good), max(probe.radius for probe in good)],
        'largest_offset': max(probe.offset for probe in good),
        'up': upright.up,
        'support': dict(zip(('+x', '-x', '+y', '-y', '+z', '-z'), upright.support, strict=True)),
        'support_reason': upright.reason,
        'views': dataset.num_views,
        'fingerprint': dataset.fingerprint,
        'content': content_digest(dataset, good),
    }
