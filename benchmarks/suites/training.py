"""Kinds of jobs that train: tokenizers and students."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.protocols.base import SLOWER
from benchmarks.protocols.pretrain import config_sha256, kept_weights, pretrain
from benchmarks.records.files import write_array
from benchmarks.suites import overlap
from benchmarks.suites.draws import shared_out
from benchmarks.suites.job import Outcome, Task, kind
from benchmarks.suites.students import config_sha256 as config_hash
from benchmarks.suites.students import (
    data_options,
    pretraining_config,
    pretraining_options,
    stretched,
    supervision,
    tokenizers,
)
from zoo.config import load_config
from zoo.hub.index import find_entry
from zoo.hub.names import parse_name
from zoo.hub.weights import resolve_weights
from zoo.io import write_whole
from zoo.registry import DATASETS

SAMPLES_PER_SECOND = {'two-tower': 62, 'smc': 70, 'act': 73, 'point-bert': 120}
"""Pretraining samples a second of a thread, nano, batches of 16; ``OTHERS`` for all others."""

OTHERS = 135


def _pretrain_seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread."""
    name = parse_name(settings['student'])
    samples = settings['epochs'] * settings['objects'] * settings['fraction'] / 100
    return 2 + samples / SAMPLES_PER_SECOND.get(name.method, OTHERS) * SLOWER[name.size]


def _tokenizer_seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread."""
    speed = 32 if 'act' in settings['config'] else 57
    return 2 + settings['epochs'] * settings['objects'] * settings['fraction'] / 100 / speed


@kind('tokenizer', seconds=_tokenizer_seconds)
def train_tokenizer(task: Task) -> Outcome:
    """Train a tokenizer that the teachers of other students are."""
    settings = task.settings
    dataset = shared_out(settings['dataset'], settings['fraction'], settings['draw'])
    config = load_config(settings['config'], {})
    batch_size = settings['batch_size'] or config.train_dataloader.batch_size
    steps = settings['epochs'] * max(1, len(DATASETS.build(dict(dataset))) // batch_size)
    options = {**data_options(config, dataset, settings['epochs'], 0, batch_size), **stretched(config, steps)}
    weights = pretrain(settings['config'], task.work, options, task.device)
    kept = kept_weights(task.work, weights, task.out)
    return Outcome(kept, files=[kept['weights']])


@kind('pretrain', seconds=_pretrain_seconds)
def pretrain_student(task: Task) -> Outcome:
    """Pretrain a student."""
    weights, about = run_pretraining(task)
    kept = kept_weights(task.work, weights, task.out)
    seen = Path(kept['weights']).with_name(overlap.NAME).as_posix()
    return Outcome({**kept, 'about': about}, files=[kept['weights'], seen])


@kind('released')
def released_weights(task: Task) -> Outcome:
    """Fetch weights of the index instead of pretraining; what records say of them is what the index says."""
    entry = find_entry(task.settings['name'])
    weights = task.work / f'{entry.name}.safetensors'
    weights.parent.mkdir(parents=True, exist_ok=True)
    write_whole(weights, resolve_weights(entry.name).read_bytes())
    about = {
        'config': entry.config,
        'config_sha256': config_hash(entry.config),
        'data': entry.data,
        'fraction': entry.fraction,
        'teachers': ', '.join(entry.teachers),
        'epochs': entry.epochs,
        'seed': entry.seed,
        'objects': entry.objects,
        'fingerprint': entry.fingerprint,
        'options': {},
    }
    kept = kept_weights(task.work, weights, task.out)
    return Outcome({**kept, 'about': about}, files=[kept['weights']])


def run_pretraining(task: Task, extra: Mapping[str, Any] | None = None) -> tuple[Path, dict[str, Any]]:
    """Weights of a pretraining, and what records say of it; an interrupted run goes on.

    Which objects it saw is kept beside the weights.

    Args:
        task: with the settings of a ``pretrain`` job.
        extra: changes to the config that the weights do not depend on.
    """
    settings = task.settings
    dataset = shared_out(settings['dataset'], settings['fraction'], settings['draw'])
    config = pretraining_config(settings['student'], settings['options'], settings['offline'])
    options = pretraining_options(settings['student'], settings['options'], settings['offline'])
    options |= data_options(config, dataset, settings['epochs'], settings['seed'], settings['batch_size'])
    for name in tokenizers(config):
        weights = task.out / task.inputs[f'tokenizer:{name}']['weights']
        options[f'model.objectives.{name}.teacher.weights'] = str(weights)
    path = parse_name(settings['student']).config
    weights = pretrain(path, task.work, {**options, **(extra or {})}, task.device)
    built = DATASETS.build(dict(dataset))
    write_array(weights.with_name(overlap.NAME), overlap.object_digests(built))
    return weights, {
        'config': path.relative_to(path.parents[2]).as_posix(),
        'config_sha256': config_sha256(task.work),
        'data': settings['data'],
        'fraction': settings['fraction'] / 100,
        'teachers': supervision(config, built.text_read),
        'epochs': settings['epochs'],
        'batch_size': settings['batch_size'] or config.train_dataloader.batch_size,
        'seed': settings['seed'],
        'objects': len(built),
        'classes': list(built.classes),
        'fingerprint': built.fingerprint,
        'options': {key: str(value) for key, value in settings['options'].items()},
    }
