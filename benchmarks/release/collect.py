"""Pretrained weights in a folder of the harness, with everything that was measured of them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.protocols.base import load_all
from benchmarks.protocols.finetune import Finetune
from benchmarks.records import Record
from benchmarks.records.statistics import mean_interval
from benchmarks.release.terms import Terms, terms_of
from benchmarks.run.results import Results
from zoo.errors import UsageError

METRICS = ('oa', 'macc')
"""Metrics that go to the index."""


@dataclass(frozen=True)
class Measured:
    """One job that measured weights.

    Attributes:
        job: kind, settings and so on, as the harness keeps them.
        record: what came out.
    """

    job: Mapping[str, Any]
    record: Record

    @property
    def task(self) -> str:
        """What the literature calls what was measured."""
        protocol = load_all().get(self.job['kind'], Finetune)
        return protocol.of(self.job['settings']).task


@dataclass(frozen=True)
class Candidate:
    """A student that was pretrained with one or several seeds.

    Attributes:
        name: in the index.
        student: such as ``recon-nano``.
        terms: of its data.
        jobs: that pretrained it, by seed.
        measured: jobs that measured any of them.
    """

    name: str
    student: str
    terms: Terms
    jobs: Mapping[int, Mapping[str, Any]]
    measured: list[Measured] = field(default_factory=list)

    @property
    def chosen(self) -> Mapping[str, Any]:
        """The job whose weights are released: the lowest seed, so that no result decides."""
        return self.jobs[min(self.jobs)]

    def results(self) -> Iterator[tuple[dict[str, Any], list[Measured]]]:
        """Results as the index has them, and the jobs behind each, one a seed."""
        groups: dict[tuple[str, str], dict[int, Measured]] = {}
        for entry in self.measured:
            place = (dataset_text(entry.record), protocol_text(entry.record))
            groups.setdefault(place, {}).setdefault(entry.record.seed, entry)
        for (dataset, protocol), seeds in sorted(groups.items()):
            found = [seeds[seed] for seed in sorted(seeds)]
            yield _result(dataset, protocol, found[0].task, [entry.record for entry in found]), found


def candidates(out: Path, pattern: str = '*') -> list[Candidate]:
    """Students that may be released: trained on all data by the config as it stands.

    Args:
        out: folder of the harness.
        pattern: shell pattern of names in the index.

    Raises:
        UsageError: the folder holds no such student, or a file in it is broken.
    """
    results = Results(out)
    jobs = {job['key']: job for job in results.finished()} if (out / 'jobs').is_dir() else {}
    found: dict[str, Candidate] = {}
    owner: dict[str, Candidate] = {}
    for key, job in jobs.items():
        settings = job.get('settings') or {}
        if job['kind'] != 'pretrain' or settings.get('options') or settings.get('fraction') != 100:
            continue
        terms = terms_of(settings['data'])
        name = f'{settings["student"]}_{terms.slug}'
        if fnmatch.fnmatch(name, pattern):
            made = found.setdefault(name, Candidate(name, settings['student'], terms, {}))
            made.jobs[settings['seed']] = job  # type: ignore[index]
            owner[key] = made
    for key, job in jobs.items():
        needed = (job.get('needs') or {}).get('weights')
        record = results.record(key) if needed in owner else None
        if record is not None and set(METRICS) & set(record.metrics):
            owner[str(needed)].measured.append(Measured(job, record))
    if not found:
        raise UsageError(f'{out} holds no pretrained student that fits {pattern!r}: run tools/benchmark.py --out {out}')
    return [found[name] for name in sorted(found)]


def dataset_text(record: Record) -> str:
    """What a record was measured on, in words."""
    data = record.dataset
    return ' '.join(part for part in (data.name, data.variant, data.split if data.split != 'test' else '') if part)


def protocol_text(record: Record) -> str:
    """How, with every setting that tells two figures apart."""
    said = record.protocol
    parts = [f'{said.name} v{said.version}', f'{said.points} points']
    if 'ways' in said:
        parts.append(f'{said["ways"]}-way {said["shots"]}-shot, {said["folds"]} folds')
    elif record.dataset.train_samples:
        parts.append(f'{record.dataset.train_samples} labelled objects')
    parts += [f'{name} {said[name]}' for name in ('C', 'k', 'head_epochs') if name in said]
    return ', '.join([*parts, f'voting {said.voting or "none"}'])


def _result(dataset: str, protocol: str, task: str, records: list[Record]) -> dict[str, Any]:
    """One item of ``Results``, without its records."""
    metrics: dict[str, float] = {}
    interval: dict[str, float] = {}
    for metric in METRICS:
        values = [record.metrics[metric] for record in records if metric in record.metrics]
        if len(values) == len(records):
            found = mean_interval(values)
            metrics[metric] = round(found.mean, 2)
            interval |= {metric: round(found.half_width, 2)} if len(values) > 1 else {}
    trained = len({record.weights_sha256 for record in records})
    return {
        'Task': task,
        'Dataset': dataset,
        'Metrics': metrics,
        'Protocol': f'{protocol}, {trained} pretraining{"s" * (trained > 1)}',
        **({'Interval': interval} if interval else {}),
        'Seeds': [record.seed for record in records],
        'By': 'measured',
        'Date': max(record.date for record in records),
    }
