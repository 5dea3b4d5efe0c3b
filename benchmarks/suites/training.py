"""Kinds of jobs that train: tokenizers, students, classifiers, and the choice of a recipe."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.protocols.finetune import finetune
from benchmarks.protocols.pretrain import config_sha256, pretrain
from benchmarks.studies.recipe import CONFIG, HELD_OUT, SEED, finetune_options
from benchmarks.suites.draws import held_out, labelled, shared_out
from benchmarks.suites.evidence import record_of
from benchmarks.suites.job import LIBRARY, Outcome, Task, kind
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
from zoo.hub import backbone_config
from zoo.hub.names import parse_name
from zoo.io import file_hash
from zoo.registry import DATASETS

PRETRAIN_CODE = (*LIBRARY, 'benchmarks/protocols/pretrain.py', 'benchmarks/suites/training.py')
PRETRAIN_CODE += ('benchmarks/suites/students.py', 'benchmarks/suites/draws.py')
FINETUNE_CODE = (*PRETRAIN_CODE, 'benchmarks/protocols/finetune.py', 'benchmarks/studies/recipe.py', 'configs/_base_')
FINETUNE_CODE += (CONFIG, 'benchmarks/protocols/features.py')

SAMPLES_PER_SECOND = {'two-tower': 62, 'smc': 70, 'act': 73, 'point-bert': 120}
"""Pretraining samples a second of a thread, nano, batches of 16; ``OTHERS`` for all others."""

OTHERS = 135

SLOWER = {'nano': 1.0, 'tiny': 17.0, 'small': 30.0, 'base': 60.0}
"""Time of a pretraining step relative to nano, roughly."""

WHOLE = 2.0
"""How much more the larger students slow down in fine-tuning, which masks nothing."""

CHECKPOINTS = '*.pth'


def _pretrain_seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread."""
    name = parse_name(settings['student'])
    samples = settings['epochs'] * settings['objects'] * settings['fraction'] / 100
    return 2 + samples / SAMPLES_PER_SECOND.get(name.method, OTHERS) * SLOWER[name.size]


def _tokenizer_seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread."""
    speed = 32 if 'act' in settings['config'] else 57
    return 2 + settings['epochs'] * settings['objects'] * settings['fraction'] / 100 / speed


def finetune_seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread: one fine-tuning, or one for every rate."""
    trials = len(settings.get('rates', ())) or 1
    slower = SLOWER[parse_name(settings['student']).size]
    return trials * (4 + settings['samples'] / 200 * slower * (WHOLE if slower > 1 else 1))


@kind('tokenizer', code=PRETRAIN_CODE, seconds=_tokenizer_seconds)
def train_tokenizer(task: Task) -> Outcome:
    """Train a tokenizer that the teachers of other students are."""
    settings = task.settings
    dataset = shared_out(settings['dataset'], settings['fraction'], settings['draw'])
    config = load_config(settings['config'], {})
    batch_size = settings['batch_size'] or config.train_dataloader.batch_size
    steps = settings['epochs'] * max(1, len(DATASETS.build(dict(dataset))) // batch_size)
    options = {**data_options(config, dataset, settings['epochs'], 0, batch_size), **stretched(config, steps)}
    weights = pretrain(settings['config'], task.work, options, task.device)
    kept = trained(task, weights)
    return Outcome(kept, files=[kept['weights']])


@kind('pretrain', code=PRETRAIN_CODE, seconds=_pretrain_seconds)
def pretrain_student(task: Task) -> Outcome:
    """Pretrain a student."""
    weights, about = run_pretraining(task)
    kept = trained(task, weights)
    return Outcome({**kept, 'about': about}, files=[kept['weights']])


def run_pretraining(task: Task, extra: Mapping[str, Any] | None = None) -> tuple[Path, dict[str, Any]]:
    """Weights of a pretraining, and what records say of it; an interrupted run goes on.

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
    return weights, {
        'config': path.relative_to(path.parents[2]).as_posix(),
        'config_sha256': config_sha256(task.work),
        'data': settings['data'],
        'fraction': settings['fraction'] / 100,
        'teachers': supervision(config),
        'epochs': settings['epochs'],
        'batch_size': settings['batch_size'] or config.train_dataloader.batch_size,
        'seed': settings['seed'],
        'objects': len(built),
        'fingerprint': built.fingerprint,
        'options': {key: str(value) for key, value in settings['options'].items()},
    }


def trained(task: Task, weights: Path) -> dict[str, Any]:
    """Where the weights are; checkpoints of a finished run are removed."""
    for checkpoint in task.work.rglob(CHECKPOINTS):
        with contextlib.suppress(FileNotFoundError):
            checkpoint.unlink()
    return {'weights': weights.relative_to(task.out).as_posix(), 'sha256': file_hash(weights)}


@kind('recipe', code=FINETUNE_CODE, seconds=finetune_seconds)
def choose_recipe(task: Task) -> Outcome:
    """Choose the rate of fine-tuning by random weights on objects that are in no test split."""
    settings = task.settings
    rates = settings['rates']
    if len(rates) == 1:
        return Outcome({'rate': rates[0], 'selection': 'rate given, nothing chosen'})
    if settings['val'] is None:
        train, val = held_out(settings['train'], HELD_OUT, SEED)
        where = f'{HELD_OUT:.0%} of the training objects of {settings["title"]}, held out'
    else:
        train, val = labelled(settings['train'], settings['per_class'], SEED), settings['val']
        where = f'the validation split of {settings["title"]}'
    found = {}
    for rate in rates:
        options = classifier_options(settings, train, val, rate)
        work = task.work / f'rate_{rate:g}'
        found[rate] = finetune(CONFIG, work, settings['student'], None, SEED, options, task.device).metrics['oa']
    tried = ', '.join(f'{rate:g}: {accuracy:.1f}' for rate, accuracy in found.items())
    selection = (
        f'rate by accuracy (%) of random {settings["student"]} weights on {where}, one run each ({tried}); '
        'no test object was looked at'
    )
    return Outcome({'rate': max(found, key=found.__getitem__), 'selection': selection})


@dataclass(frozen=True)
class Start:
    """What a fine-tuning job begins with.

    Attributes:
        train: config of its labelled objects.
        options: changes to the fine-tuning config.
        weights: file of the pretrained weights; None for random ones.
        source: what the pretraining job returned; None for random weights.
        extra: what the record adds to the protocol.
    """

    train: dict[str, Any]
    options: dict[str, Any]
    weights: str | None
    source: Mapping[str, Any] | None
    extra: dict[str, Any]


def start(task: Task) -> Start:
    """Labelled objects, recipe and weights of a job that needs ``weights`` or none, and ``recipe`` or its settings."""
    settings = task.settings
    train = labelled(settings['train'], settings['per_class'], settings['seed'])
    given = settings['recipe']
    recipe = task.inputs.get('recipe') or {'rate': given['rate'], 'selection': 'settings of the paper, nothing chosen'}
    options = classifier_options(settings, train, settings['test'], recipe['rate'])
    source = task.inputs.get('weights')
    weights = str(task.out / source['weights']) if source else None
    return Start(train, options, weights, source, {'recipe_selection': recipe['selection']})


@kind('finetune', code=FINETUNE_CODE, seconds=finetune_seconds)
def fine_tune(task: Task) -> Outcome:
    """Fine-tune a student and measure its last epoch."""
    settings, begun = task.settings, start(task)
    found = finetune(
        CONFIG, task.work, settings['student'], begun.weights, settings['seed'], begun.options, task.device
    )
    own, source = trained(task, task.work / 'weights.safetensors'), begun.source
    record, predictions = record_of(task, found, begun.train, settings['test'], source, begun.extra, CONFIG)
    config = (task.work / Path(CONFIG).name).relative_to(task.out).as_posix()
    about = {'config': config, 'about': source['about'] if source else None, 'pretrained': source}
    return Outcome({**own, **about}, record, predictions, [own['weights'], config])


def classifier_options(
    settings: Mapping[str, Any], train: Mapping[str, Any], test: Mapping[str, Any], rate: float
) -> dict[str, Any]:
    """Changes to the fine-tuning config: those of the study, or those of the paper where the source has them."""
    options = finetune_options(train, test, settings['samples'], settings['points'], rate)
    options['default_hooks.checkpoint.interval'] = max(1, options['train_cfg.max_epochs'] // 4)
    paper = settings.get('recipe')
    own = backbone_config(settings['student'])
    for key in (key for key in ('num_groups', 'group_size') if key in own):
        options[f'model.backbone.{key}'] = (paper or {}).get(key.replace('num_', ''), own[key])
    if not paper:
        return options
    if paper['augmentation'] not in ('RandomRotateGravity', 'RandomScaleTranslate'):
        raise UsageError(f'fine-tuning knows no augmentation {paper["augmentation"]!r}')
    options['data_preprocessor.train'][-1] = {'type': paper['augmentation']}
    schedule = {'by_epoch': True, 'total': paper['epochs'], 'warmup': paper['warmup']}
    return {
        **options,
        'train_cfg.max_epochs': paper['epochs'],
        'train_dataloader.batch_size': paper['batch_size'],
        'param_scheduler': schedule,
        'model.backbone.drop_path': paper['drop_path'],
        'optim_wrapper.paramwise_cfg.lr_scale': {'head.': 10.0, r'^head\.|\.query_(tokens|positions)\.cls$': 10.0},
        'default_hooks.checkpoint.interval': 10,
    }
