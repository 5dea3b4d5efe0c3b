"""What scripts of the page read: records, and all figures in one list."""

from __future__ import annotations

import functools
import math
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from benchmarks.encoders.encoder import ADAPTERS
from benchmarks.records import Plan, Record, Result, mean_interval
from benchmarks.records.keys import digest
from benchmarks.speed.steps import count_parameters
from benchmarks.suites.catalog import all_suites
from benchmarks.suites.data import PACKS
from benchmarks.suites.profiles import PROFILES
from zoo.errors import UsageError
from zoo.hub import backbone_config
from zoo.hub.names import parse_name
from zoo.registry import BACKBONES


def content_of(
    results: Mapping[str, Result], plans: Sequence[Plan], cards: Mapping[str, str], views: Sequence[Any] = ()
) -> dict[str, Any]:
    """Records, figures, losses of pretrainings and further Plotly figures as JSON.

    Args:
        results: finished jobs by key, pretrainings among them.
        plans: tables that were asked for.
        cards: names of models in the index by digest of their weights.
        views: Plotly figures.
    """
    asked: dict[str, tuple[Plan, dict[str, int]]] = {}
    for plan in plans:
        for figure in plan.figures:
            asked.setdefault(figure.key, (plan, {}))[1].setdefault(figure.metric, plan.digits)
    described, runs = [], dict[str, tuple[int, Record]]()
    for key, result in results.items():
        record = result.record
        if record is None:
            continue
        runs[key] = len(runs), record
        about = {
            'key': result.key,
            'log': f'logs/{result.key}.log in the folder of results' if result.kind else '',
            'date': record.date,
            'config': record.config,
            'weights': record.weights,
            'digest of the weights': record.weights_digest,
            'seconds': round(record.seconds, 1),
            'source': f'published: {record.reference}' if record.reference else record.source,
        }
        parts = (
            ('protocol', record.protocol),
            ('data', record.dataset),
            ('pretraining', record.pretraining),
            ('environment', record.environment),
            ('record', about),
        )
        described.append(
            {
                'label': result.label,
                'model': record.model,
                'seed': record.seed,
                'metrics': {name: round(value, 4) for name, value in record.metrics.items()},
                'parts': {title: {key: value for key, value in part.items() if value != ''} for title, part in parts},
                'classes': {name: round(value, 2) for name, value in record.per_class.items()},
                'confusion': _confusion(result),
                'losses': result.needs.get('weights', ''),
                'command': command(asked[key][0], record) if key in asked else '',
                'card': cards.get(record.weights_digest, '') if record.weights_digest else '',
            }
        )
    losses = {key: result.value['losses'] for key, result in results.items() if result.value.get('losses')}
    return {'records': described, 'figures': _figures(runs, asked), 'losses': losses, 'views': [*views]}


def command(plan: Plan, record: Record) -> str:
    """The command that measures a record of a table again."""
    suites, profile = all_suites(), PROFILES.get(plan.profile)
    group = suites[plan.suite].group if plan.suite in suites else 'suite'
    words = ['python', 'tools/benchmark.py', f'--{group}', plan.suite, '--profile', plan.profile]
    if encoder := record.protocol.get('encoder'):
        arguments = dict(encoder['arguments'])
        name = f'{encoder["module"]}:{encoder["factory"]}'
        if encoder['module'] == ADAPTERS:
            name = {'released': '', 'torch_pointcloud': 'torch-pointcloud:'}[encoder['factory']] + arguments.pop('name')
        words += ['--encoder', name]
        words += [word for key, value in arguments.items() for word in ('--encoder-arg', f'{key}={value}')]
    elif record.pretraining and 'student' in record.protocol:
        words += ['--models', record.protocol['student']]
    if record.dataset.name in PACKS or (profile and profile.corpus == 'packs'):
        words += ['--packs', 'FOLDER']
    seeds = len({figure.seed for figure in plan.figures})
    if profile and seeds > profile.seeds:
        words += ['--seeds', str(seeds)]
    return shlex.join(words)


def _confusion(result: Result) -> dict[str, Any] | None:
    """True class, predicted class and number of objects of every pair that occurs; None where no classes were kept.

    Predictions know classes by number, accuracies by name, and a file keeps names in alphabetical order. They name the
    numbers only where that order agrees with every accuracy.
    """
    found = result.unpacked
    record = result.record
    if found is None or record is None or not np.array_equal(found.score, found.target == found.predicted):
        return None
    pairs, counts = np.unique(np.stack([found.target, found.predicted], axis=1), axis=0, return_counts=True)
    classes = np.unique(found.target)
    shares = [100.0 * float((found.predicted[found.target == label] == label).mean()) for label in classes]
    agrees = len(shares) == len(record.per_class) and np.allclose(shares, [*record.per_class.values()], atol=0.01)
    names = dict(zip(classes.tolist(), record.per_class, strict=True)) if agrees else {}
    labels = {int(label): names.get(int(label), f'class {label}') for label in np.unique(pairs)}
    return {'labels': labels, 'counts': np.column_stack([pairs, counts]).tolist()}


def _figures(
    runs: Mapping[str, tuple[int, Record]], asked: Mapping[str, tuple[Plan, dict[str, int]]]
) -> list[dict[str, Any]]:
    """Means over the seeds of whatever differs in nothing but seeds, a row for every metric.

    Args:
        runs: place among the records of the page, and record, by key.
        asked: table and decimals of every metric that tables show of a record, by its key.
    """
    groups: dict[str, dict[tuple[int, int | None], str]] = {}
    for key, (_, record) in runs.items():
        data = {name: value for name, value in record.dataset.items() if name != 'train_fingerprint'}
        pretraining = {name: value for name, value in record.pretraining.items() if name != 'seed'}
        alike = digest([record.model, record.source, record.reference, data, pretraining, dict(record.protocol)])
        groups.setdefault(alike, {})[record.seed, record.pretraining.seed] = key
    found = []
    for keys in (list(group.values()) for group in groups.values()):
        records = [runs[key][1] for key in keys]
        about, places = _about(records[0]), [runs[key][0] for key in keys]
        plain = [name for name in records[0].metrics if name == 'oa'] or list(records[0].metrics)[:1]
        metrics = {name: digits for key in keys if key in asked for name, digits in asked[key][1].items()}
        for metric, digits in (metrics or dict.fromkeys(plain, 1)).items():
            values = [record.metrics[metric] for record in records if metric in record.metrics]
            if values:
                estimate = mean_interval(values)
                half = None if np.isnan(estimate.half_width) else round(estimate.half_width, 6)
                row = {'metric': metric, 'value': round(estimate.mean, 6), 'half': half, 'text': estimate.text(digits)}
                row['seconds'] = round(float(np.mean([record.seconds for record in records])), 2)
                found.append({**about, **row, 'seeds': len(values), 'records': places})
    return sorted(
        found, key=lambda row: (row['metric'] != 'oa', row['task'], row['protocol'], row['metric'], -row['value'])
    )


def _about(record: Record) -> dict[str, Any]:
    """What figures are searched and filtered by."""
    protocol, data = record.protocol, record.dataset
    try:
        name = parse_name(protocol.get('student', record.model))
        method, size = name.stem, name.size
    except UsageError:
        method, size = record.model, '–'
    trained, pretraining = record.pretraining.data, record.pretraining
    backbone, parameters = _student(protocol.get('student', ''))
    steps = [pretraining.get('objects'), protocol.get('epoch', pretraining.epochs)]
    shots = ' {ways}-way {shots}-shot'.format(**protocol) if 'shots' in protocol else ''
    epoch = f', epoch {protocol["epoch"]}' if 'epoch' in protocol else ''
    split = '' if data.split in ('', 'test') else f' ({data.split})'
    seen = data.seen_objects
    return {
        'model': record.model,
        'method': method if trained else record.model,
        'size': size,
        'pretrained': trained or 'nothing',
        'task': ' '.join(part for part in (data.name, data.variant) if part) + split,
        'protocol': f'{protocol.name}{shots}{epoch}',
        'labels': data.train_samples,
        'backbone': backbone,
        'parameters': parameters,
        'teacher': pretraining.teachers or '–',
        'samples': math.prod(steps) if all(steps) else None,
        'saw': ('unknown' if seen is None else f'{seen} of {data.samples}' if seen else 'none') if trained else 'none',
        'source': record.source,
    }


@functools.lru_cache(None)
def _student(name: str) -> tuple[str, int | None]:
    """Backbone and parameters of a student as it is measured; of none where the zoo has none of that name."""
    try:
        config = backbone_config(name, 'features')
    except UsageError:
        return '–', None
    with torch.device('meta'):
        return config['type'], count_parameters(BACKBONES.build(config))
