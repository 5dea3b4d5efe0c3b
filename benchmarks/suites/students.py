"""Pretraining configs as the harness uses them: other data, other teachers, tokenizers, and what supervises them."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mmengine import Config

from zoo.config import load_config
from zoo.hub.names import parse_name

OFFLINE = {
    'TimmImageTeacher': 'EfficientNetLite0Teacher',
    'CLIPImageTeacher': 'EfficientNetLite0Teacher',
    'CLIPTextTeacher': 'SentenceTeacher',
}
"""Teachers whose weights come with packages, by those that have to be downloaded and that they stand in for."""

TEXTS = 'class names'

SUPERVISION = {
    'ReconstructPoints': 'masked points',
    'PredictCenters': 'masked points and their centers',
    'ViewContrast': 'another view of the cloud',
    'ClassContrast': 'class labels',
    'PointIdentity': 'masked points',
    'EfficientNetLite0Teacher': 'pictures by EfficientNet-Lite0 (ImageNet)',
    'ConSETeacher': 'names of ImageNet classes by EfficientNet-Lite0 and MiniLM',
    'SentenceTeacher': f'{TEXTS} by MiniLM',
    'DVAETokenizer': 'token ids of a dVAE',
    'MovingAverage': 'a moving average of itself',
    'CrossModalTokenizer': 'features of an autoencoder around two blocks of MiniLM',
}
"""What an objective, or its teacher, lets the student see."""

SCHEDULES = ('temperature', 'kl_weight')
"""Parts of a tokenizer's config that count steps."""


@dataclass(frozen=True)
class Model:
    """A row of a table: a student and how it is pretrained.

    Attributes:
        label: name in tables.
        student: name such as ``recon-nano``.
        options: changes to the pretraining config, by dotted key.
        fraction: share of the pretraining data in percent.
        pretrained: False takes random weights.
        encoder: an encoder from elsewhere, see :class:`benchmarks.encoders.Encoder`; None for a student.
    """

    label: str
    student: str
    options: Mapping[str, Any] = field(default_factory=dict)
    fraction: int = 100
    pretrained: bool = True
    encoder: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return self.label if self.fraction == 100 else f'{self.label} on {self.fraction} %'


POINTNET = Model('PointNet from scratch', 'smc-pointnet-nano', pretrained=False)
"""PointNet as published with random weights, a reference row in one size: frozen, or trained from scratch."""


def pretraining_options(student: str, options: Mapping[str, Any], offline: bool) -> dict[str, Any]:
    """Changes to the pretraining config of a student.

    Args:
        student: name such as ``recon-nano``.
        options: changes by dotted key.
        offline: whether teachers that need no download take the place of those that do.
    """
    if not offline:
        return dict(options)
    config = loaded(student)
    changes: dict[str, Any] = {}
    for name, objective in config.model.get('objectives', {}).items():
        if stand_in := OFFLINE.get((objective.get('teacher') or {}).get('type', '')):
            changes[f'model.objectives.{name}.teacher'] = {'type': stand_in, '_delete_': True}
            changes[f'model.objectives.{name}.target_norm'] = 'layer'
    for place, hook in enumerate(config.get('custom_hooks', [])):
        if changes and hook.type == 'FeatureBankHook':
            # The pictures are not augmented, so that views would be equal.
            changes[f'custom_hooks.{place}.views'] = 1
    return {**changes, **options}


@functools.lru_cache
def loaded(student: str, options: str = '{}') -> Config:
    """Pretraining config of a student with changes given as JSON; loaded once, not to be changed.

    Raises:
        UsageError: no such student, or an option that nothing reads.
    """
    return load_config(parse_name(student).config, json.loads(options))


def pretraining_config(student: str, options: Mapping[str, Any], offline: bool) -> Config:
    """Pretraining config of a student with the changes of :func:`pretraining_options`, not to be changed."""
    return loaded(student, json.dumps(pretraining_options(student, options, offline)))


def objectives(config: Config) -> dict[str, Any]:
    """Objectives that are not switched off, by name."""
    return {name: objective for name, objective in config.model.get('objectives', {}).items() if objective is not None}


def tokenizers(config: Config) -> dict[str, str]:
    """Configs of the tokenizers that have to be trained first, by the objective that reads them."""
    teachers = {name: objective.get('teacher') or {} for name, objective in objectives(config).items()}
    return {name: teacher['trained_by'] for name, teacher in teachers.items() if 'trained_by' in teacher}


def supervision(config: Config, reads: str = '') -> str:
    """What supervises a pretraining, in words.

    Args:
        config: config of the pretraining.
        reads: texts that its data set gives, as ``ObjectDataset.text_read`` says; class names where it is not known.
    """
    texts = reads.replace('class name', TEXTS).replace('caption', 'captions')
    texts = texts.replace('name and category', 'names and categories') or TEXTS
    found = []
    for objective in objectives(config).values():
        teacher = objective.get('teacher') or {}
        source = teacher.get('type') or objective.type
        trained = ', trained along' if teacher.get('frozen') is False else ''
        found.append(SUPERVISION.get(source, source).replace(TEXTS, texts) + trained)
    return ', '.join(found)


@functools.lru_cache
def config_sha256(name: str) -> str:
    """Digest of a config with all it inherits; where the file lies has no part in it.

    Args:
        name: name of a student, or path of a config.
    """
    config = load_config(name, {}) if name.endswith('.py') else loaded(name)
    content = json.dumps(config.to_dict(), sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()


WARM_UP = 0.1
"""Share of a shortened run."""


def data_options(
    config: Config, dataset: Mapping[str, Any], epochs: int, seed: int, batch_size: int | None = None
) -> dict[str, Any]:
    """Changes to a pretraining config: data, length, seed, checkpoints.

    Args:
        config: config that is changed; a run of its own length keeps its schedule.
        dataset: config of the objects.
        epochs: length of the run.
        seed: seed of everything random.
        batch_size: batch size; that of the config where none is given.
    """
    changes = {
        'train_dataloader.dataset': {**dataset, '_delete_': True},
        'train_cfg.max_epochs': epochs,
        'randomness.seed': seed,
        'default_hooks.checkpoint.interval': max(1, epochs // 5),
    }
    if batch_size:
        changes['train_dataloader.batch_size'] = batch_size
    if epochs != config.train_cfg.max_epochs:
        # By iteration: whole epochs of a short run would jump from no rate to the full one, which students that
        # regress features do not survive.
        schedule = {'total': epochs, 'warmup': WARM_UP * epochs, 'convert_to_iter_based': True}
        changes |= {f'param_scheduler.{name}': value for name, value in schedule.items()}
        if config.param_scheduler.get('reference_offset'):
            changes['param_scheduler.reference_offset'] = False
    return changes


def stretched(config: Config, steps: int) -> dict[str, Any]:
    """Changes that fit the schedules of a tokenizer to the length of its run."""
    schedules = {name: config.model[name] for name in SCHEDULES}
    stretch = steps / max(schedule.steps + schedule.get('delay', 0) for schedule in schedules.values())
    return {'model.iterations': None} | {
        f'model.{name}.{key}': round(stretch * schedule[key])
        for name, schedule in schedules.items()
        for key in ('steps', 'delay')
        if key in schedule
    }
