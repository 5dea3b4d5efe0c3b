"""Pretrained weights in a folder of the harness, with everything that was measured of them."""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.protocols.base import load_all
from benchmarks.protocols.finetune import Finetune
from benchmarks.records import Record, Result, Store
from benchmarks.records.statistics import mean_interval
from benchmarks.release.terms import Terms, terms_of
from benchmarks.run.results import Results
from zoo.errors import UsageError

METRICS = ('oa', 'macc')
"""Metrics that go to the index."""


@dataclass(frozen=True)
class Candidate:
    """A student that was pretrained with one or several seeds.

    Attributes:
        name: name in the index.
        student: name of the student, such as ``recon-nano``.
        terms: terms of its data.
        jobs: jobs that pretrained it, by seed.
        measured: jobs that measured any of them.
    """

    name: str
    student: str
    terms: Terms
    jobs: dict[int, Result] = field(default_factory=dict)
    measured: list[Result] = field(default_factory=list)

    @property
    def chosen(self) -> Result:
        """The job whose weights are released: the lowest seed, so that no result decides."""
        return self.jobs[min(self.jobs)]

    def results(self) -> Iterator[tuple[dict[str, Any], list[Result]]]:
        """Results as the index has them, and the jobs behind each, one a seed."""
        groups: dict[tuple[str, str], dict[int, tuple[Record, Result]]] = {}
        for entry in self.measured:
            if record := entry.record:
                data, said = record.dataset, record.protocol
                split = data.split if data.split != 'test' else ''
                dataset = ' '.join(part for part in (data.name, data.variant, split) if part)
                # Every setting that tells two figures apart.
                parts = [f'{said.name} v{said.version}', f'{said.points} points']
                if 'ways' in said:
                    parts.append(f'{said["ways"]}-way {said["shots"]}-shot, {said["folds"]} folds')
                elif data.train_samples:
                    parts.append(f'{data.train_samples} labeled objects')
                parts += [f'{name} {said[name]}' for name in ('C', 'k', 'head_epochs') if name in said]
                place = dataset, ', '.join([*parts, f'voting {said.voting or "none"}'])
                groups.setdefault(place, {})[record.seed] = (record, entry)
        for (dataset, protocol), seeds in sorted(groups.items()):
            records, entries = zip(*(seeds[seed] for seed in sorted(seeds)), strict=True)
            metrics: dict[str, float] = {}
            interval: dict[str, float] = {}
            for metric in METRICS:
                if all(metric in record.metrics for record in records):
                    found = mean_interval([record.metrics[metric] for record in records])
                    metrics[metric] = round(found.mean, 2)
                    interval |= {} if np.isnan(found.half_width) else {metric: round(found.half_width, 2)}
            trained = len({record.weights_digest for record in records})
            result = {
                'Task': load_all().get(entries[0].kind, Finetune).of(entries[0].settings).task,
                'Dataset': dataset,
                'Metrics': metrics,
                'Protocol': f'{protocol}, {trained} pretraining{"s" * (trained > 1)}',
                **({'Interval': interval} if interval else {}),
                'Seeds': [record.seed for record in records],
                'By': 'measured',
                'Date': max(record.date for record in records),
            }
            yield result, list(entries)


def candidates(out: Path, pattern: str = '*') -> list[Candidate]:
    """Students that may be released: trained on all data by the config as it stands.

    Args:
        out: folder of the harness.
        pattern: shell pattern of names in the index.

    Raises:
        UsageError: the folder holds no such student, or a file in it is broken.
    """
    finished = list(Results(out).finished())
    found: dict[str, Candidate] = {}
    owner: dict[str, Candidate] = {}
    for job in finished:
        settings = job.settings
        if job.kind != 'pretrain' or settings.get('options') or settings.get('fraction') != 100:
            continue
        terms = terms_of(settings['data'])
        name = f'{settings["student"]}_{terms.slug}'
        if fnmatch.fnmatch(name, pattern):
            made = found.setdefault(name, Candidate(name, settings['student'], terms))
            made.jobs[settings['seed']] = job
            owner[job.key] = made
    for job in finished:
        needed = job.needs.get('weights', '')
        if 'epoch' in job.settings:
            continue  # of a snapshot on the way
        if needed in owner and job.record and set(METRICS) & set(job.record.metrics):
            owner[needed].measured.append(job)
    if not found:
        raise UsageError(f'{out} holds no pretrained student that fits {pattern!r}: run tools/benchmark.py --out {out}')
    return [found[name] for name in sorted(found)]


def evidence(places: Iterable[str], root: Path) -> list[Result]:
    """Results that the index names as ``FILE#KEY``.

    Args:
        places: file of results, relative to the repository, and key of the result.
        root: folder of the repository.

    Raises:
        UsageError: a file or a result in it is missing.
    """
    found = []
    for place in places:
        name, _, key = place.partition('#')
        path = root / name
        if not path.is_file() or key not in (results := _kept(path, path.stat().st_mtime_ns).results):
            raise UsageError(f'result {place} of the index is missing or damaged: restore the file')
        found.append(results[key])
    return found


@functools.lru_cache(8)
def _kept(path: Path, _stamp: int) -> Store:
    return Store.of(path)
