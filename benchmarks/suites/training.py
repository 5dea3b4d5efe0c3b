"""Job types that train: tokenizers and students."""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.protocols.base import SLOWER
from benchmarks.protocols.pretrain import config_sha256, kept_weights, pretrain
from benchmarks.records.files import read_note, write_note
from benchmarks.suites import overlap
from benchmarks.suites.draws import shared_out
from benchmarks.suites.job import Outcome, Task, job_type
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
from zoo.errors import UsageError
from zoo.hub.index import find_entry
from zoo.hub.names import parse_name
from zoo.hub.weights import resolve_weights
from zoo.io import file_hash, write_tensors, write_whole
from zoo.registry import DATASETS
from zoo.tensors import read_checkpoint, read_safetensors
from zoo.visualize.losses import read_losses

SAMPLES_PER_SECOND = {'two-tower': 62, 'smc': 70, 'act': 73, 'point-bert': 120}
"""Pretraining samples a second of a thread, nano, batches of 16; ``OTHERS`` for all others."""

OTHERS = 135

LOSS_POINTS = 40
"""Points of a curve that is kept of every loss: last iteration and mean of as many stretches."""


def _seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread, of a student or a tokenizer."""
    samples = settings['epochs'] * settings['objects'] * settings['fraction'] / 100
    if 'student' not in settings:
        return 2 + samples / (32 if 'act' in settings['config'] else 57)
    name = parse_name(settings['student'])
    return 2 + samples / SAMPLES_PER_SECOND.get(name.method, OTHERS) * SLOWER[name.size]


@job_type('tokenizer', _seconds)
def train_tokenizer(task: Task) -> Outcome:
    """Train a tokenizer that the teachers of other students are."""
    settings = task.settings
    dataset = shared_out(settings['dataset'], settings['fraction'], settings['draw'])
    config = load_config(settings['config'], {})
    batch_size = settings['batch_size'] or config.train_dataloader.batch_size
    steps = settings['epochs'] * max(1, len(DATASETS.build(dict(dataset))) // batch_size)
    options = {**data_options(config, dataset, settings['epochs'], 0, batch_size), **stretched(config, steps)}
    return _kept(task, pretrain(settings['config'], task.work, options, task.device))


@job_type('released')
def released_weights(task: Task) -> Outcome:
    """Fetch weights of the index instead of pretraining; what records say of them is what the index says."""
    entry = find_entry(task.settings['name'])
    weights = task.work / f'{entry.name}.safetensors'
    weights.parent.mkdir(parents=True, exist_ok=True)
    write_whole(weights, resolve_weights(entry.name).read_bytes())
    fields = ('config', 'data', 'fraction', 'epochs', 'seed', 'objects', 'fingerprint')
    about = {name: getattr(entry, name) for name in fields}
    about |= {'config_sha256': config_hash(entry.config), 'teachers': ', '.join(entry.teachers), 'options': {}}
    return _kept(task, weights, about=about)


@job_type('pretrain', _seconds)
def pretrain_student(task: Task) -> Outcome:
    """Pretrain a student, and keep it after the epochs of ``snapshots`` too where the settings have some.

    Which objects it saw is kept beside the weights. With snapshots the value has their paths by epoch; they hold the
    whole pretrainer, its projections included, and no state of the optimizer. Those before the last are made of
    checkpoints, so their epochs are multiples of the first.
    """
    settings = task.settings
    dataset = shared_out(settings['dataset'], settings['fraction'], settings['draw'])
    config = pretraining_config(settings['student'], settings['options'], settings['offline'])
    options = pretraining_options(settings['student'], settings['options'], settings['offline'])
    options |= data_options(config, dataset, settings['epochs'], settings['seed'], settings['batch_size'])
    for name in tokenizers(config):
        weights = task.out / task.inputs[f'tokenizer:{name}']['weights']
        options[f'model.objectives.{name}.teacher.weights'] = str(weights)
    epochs = settings.get('snapshots', [])
    if epochs:
        checkpoints = {'interval': epochs[0], 'max_keep_ckpts': -1}
        options |= {f'default_hooks.checkpoint.{name}': value for name, value in checkpoints.items()}
    path = parse_name(settings['student']).config
    weights = pretrain(path, task.work, options, task.device)
    built = DATASETS.build(dict(dataset))
    overlap.keep_digests(built, weights)
    about = {
        'config': path.relative_to(path.parents[2]).as_posix(),
        'config_sha256': config_sha256(task.work),
        'data': settings['data'],
        'fraction': settings['fraction'] / 100,
        'teachers': supervision(config, built.text_read),
        'precision': 'bfloat16 forward' if task.device.startswith('cuda') else 'float32',  # as tools/train.py has it
        'epochs': settings['epochs'],
        'batch_size': settings['batch_size'] or config.train_dataloader.batch_size,
        'seed': settings['seed'],
        'objects': len(built),
        'classes': list(built.classes),
        'fingerprint': built.fingerprint,
        'options': {key: str(value) for key, value in settings['options'].items()},
    }
    losses: dict[str, list[tuple[int, float]]] = {}
    with contextlib.suppress(UsageError):  # too short a run to log any
        for name, curve in read_losses(task.work).items():
            parts = np.array_split(np.array(curve), min(len(curve), LOSS_POINTS))
            losses[name] = [(int(part[-1, 0]), float(f'{part[:, 1].mean():.4g}')) for part in parts]
    value: dict[str, Any] = {'about': about, 'losses': losses}
    if epochs:
        try:
            kept = {epoch: _snapshot(task.work, epoch, weights) for epoch in epochs[:-1]} | {epochs[-1]: weights}
        except UsageError as error:
            logging.getLogger(__name__).warning('%s: the run begins anew', error)
            shutil.rmtree(task.work)
            return pretrain_student(task)
        value['snapshots'] = {str(epoch): place.relative_to(task.out).as_posix() for epoch, place in kept.items()}
    return _kept(task, weights, **value)


def _kept(task: Task, weights: Path, **value: Any) -> Outcome:
    """Weights as other jobs find them; the last step, because it removes the checkpoints."""
    kept = kept_weights(task.work, weights, task.out)
    files = {kept['weights'], *value.get('snapshots', {}).values()}
    if (seen := weights.with_name(overlap.NAME)).is_file():
        files.add(seen.relative_to(task.out).as_posix())
    return Outcome({**kept, **value}, files=sorted(files))


def _snapshot(work: Path, epoch: int, finished: Path) -> Path:
    """The student after an epoch with the header of the finished weights, out of the checkpoint unless that was done.

    Raises:
        UsageError: neither the snapshot nor its checkpoint is there as it was.
    """
    target, note = work / f'epoch_{epoch}.safetensors', work / f'epoch_{epoch}.json'
    with contextlib.suppress(OSError, ValueError):
        if read_note(note)['sha256'] == file_hash(target):
            return target
    state = read_checkpoint(work / f'epoch_{epoch}.pth')['state_dict']
    header = read_safetensors(finished)[1]
    write_tensors(target, {name: tensor.clone().contiguous() for name, tensor in state.items()}, header)
    write_note(note, {'sha256': file_hash(target)})
    return target
