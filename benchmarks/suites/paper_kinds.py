"""Kinds of jobs that measure as released code does, and few-shot by fine-tuning."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.protocols.few_shot_finetune import (
    DROP_PATH,
    EPOCHS,
    RATE,
    WARMUP,
    batch_size,
    measure_few_shot_finetune,
)
from benchmarks.protocols.paper.best_epoch import finetune_best_epoch
from benchmarks.protocols.paper.best_of_seeds import Candidate, best_of_seeds
from benchmarks.protocols.paper.cls_trains import RATE as CLS_RATE
from benchmarks.protocols.paper.cls_trains import measure_cls_trains
from benchmarks.protocols.paper.votes import measure_votes
from benchmarks.records import Predictions
from benchmarks.records.predictions import read_predictions
from benchmarks.studies.recipe import CONFIG
from benchmarks.suites.draws import labelled
from benchmarks.suites.evidence import record_of
from benchmarks.suites.job import Outcome, Task, kind
from benchmarks.suites.measuring import FROZEN, classifier
from benchmarks.suites.training import FINETUNE_CODE, SLOWER, classifier_options, finetune_seconds, start, trained
from zoo.hub.names import parse_name
from zoo.registry import DATASETS

CODE = (*FINETUNE_CODE, 'benchmarks/protocols/measurement.py', 'benchmarks/suites/paper_kinds.py')
BEST_EPOCH = (*CODE, 'benchmarks/protocols/paper/best_epoch.py')

VOTES_PER_SECOND = 550
"""Copies a second of a thread, nano."""


def _epochs_seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread: the training, and a look at the test split after every epoch."""
    looks = settings['samples'] / max(1, settings['labels']) * settings['clouds']
    return finetune_seconds(settings) + looks / 1200 * SLOWER[parse_name(settings['student']).size]


@kind('best_epoch', code=BEST_EPOCH, seconds=_epochs_seconds)
def best_epoch(task: Task) -> Outcome:
    """Fine-tune a student and report its best epoch on the test split."""
    settings, begun = task.settings, start(task)
    student, seed = settings['student'], settings['seed']
    found = finetune_best_epoch(CONFIG, task.work, student, begun.weights, seed, begun.options, task.device)
    trained(task, task.work / 'weights.safetensors')
    predictions = Predictions.of(found.labels, found.predictions)
    value = {
        'seed': seed,
        'oa': found.metrics['oa'],
        'oa_last': found.metrics['oa_last'],
        'predictions': (task.work / f'{predictions.save(task.work)}.npz').relative_to(task.out).as_posix(),
        'protocol': {**found.protocol, **begun.extra},
        'pretrained': begun.source,
    }
    record, kept = record_of(task, found, begun.train, settings['test'], begun.source, begun.extra, CONFIG)
    return Outcome(value, record, kept, [value['predictions']])


@kind('best_of_seeds', code=(*BEST_EPOCH, 'benchmarks/protocols/paper/best_of_seeds.py'))
def best_seed(task: Task) -> Outcome:
    """Report the best of several seeds at their best epochs."""
    settings, inputs = task.settings, task.inputs
    candidates = {}
    for role, value in inputs.items():
        kept = read_predictions(task.out / value['predictions'])
        labels, predicted = kept.target.astype(np.int64), kept.predicted.astype(np.int64)
        candidates[role] = Candidate(value['seed'], value['oa'], value['oa_last'], labels, predicted)
    first = next(iter(inputs.values()))
    test = DATASETS.build(dict(settings['test']))
    best, found = best_of_seeds(list(candidates.values()), test.classes, first['protocol'])
    source = next(inputs[role] for role, entry in candidates.items() if entry is best)
    train = labelled(settings['train'], settings['per_class'], best.seed)
    chosen = dataclasses.replace(task, settings={**settings, 'seed': best.seed})
    record, predictions = record_of(chosen, found, train, settings['test'], source['pretrained'], config=CONFIG)
    return Outcome(record=record, predictions=predictions)


def _vote_seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread."""
    passes = settings['copies'] * settings['repetitions'] + 1
    return 2 + passes * settings['clouds'] / VOTES_PER_SECOND * SLOWER[parse_name(settings['student']).size]


@kind('vote', code=(*FROZEN, 'benchmarks/protocols/paper/votes.py', 'benchmarks/suites/paper_kinds.py'),
      seconds=_vote_seconds)  # fmt: skip
def vote(task: Task) -> Outcome:
    """Votes of a fine-tuned classifier over augmented copies."""
    settings, source = task.settings, task.inputs['classifier']
    found = measure_votes(
        classifier(task),
        DATASETS.build(dict(settings['test'])),
        settings['points'],
        settings['augmentation'],
        settings['copies'],
        settings['repetitions'],
        settings['seed'],
        device=task.device,
    )
    train = labelled(settings['train'], settings['per_class'], settings['seed'])
    record, predictions = record_of(task, found, train, settings['test'], source['pretrained'], config=CONFIG)
    return Outcome(record=record, predictions=predictions)


@kind('cls_trains', code=(*CODE, 'benchmarks/protocols/paper/cls_trains.py'), seconds=finetune_seconds)
def cls_trains(task: Task) -> Outcome:
    """MLP-Linear or MLP-3 as released: the class token trains too; at the paper's rate unless a recipe is needed."""
    settings = task.settings
    paper = {'recipe': {'rate': CLS_RATE, 'selection': 'rate of the paper, nothing chosen'}}
    begun = start(dataclasses.replace(task, inputs={**paper, **task.inputs}))
    found = measure_cls_trains(
        CONFIG,
        task.work,
        settings['student'],
        begun.weights,
        settings['seed'],
        begun.options,
        settings['head'],
        task.device,
    )
    trained(task, task.work / 'weights.safetensors')
    record, predictions = record_of(task, found, begun.train, settings['test'], begun.source, begun.extra, CONFIG)
    return Outcome(record=record, predictions=predictions)


def _few_shot_seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread: building a run, and its training."""
    size = settings['ways'] * settings['shots']
    training = settings['epochs'] * size / 140 * SLOWER[parse_name(settings['student']).size]
    return 2 + settings['folds'] * (1.5 + training)


@kind('few_shot_finetune', code=(*CODE, 'benchmarks/protocols/few_shot_finetune.py'), seconds=_few_shot_seconds)
def few_shot_finetune(task: Task) -> Outcome:
    """Episodes by full fine-tuning."""
    settings, source = task.settings, task.inputs.get('weights')
    size, epochs = settings['ways'] * settings['shots'], settings['epochs']

    def options(support: dict[str, Any], query: dict[str, Any]) -> dict[str, Any]:
        base = classifier_options({**settings, 'samples': epochs * size, 'recipe': None}, support, query, RATE)
        return {
            **base,
            'train_dataloader.batch_size': batch_size(size),
            'train_dataloader.drop_last': False,
            'train_cfg.max_epochs': epochs,
            'param_scheduler': {'by_epoch': True, 'total': epochs, 'warmup': epochs * WARMUP // EPOCHS},
            'model.backbone.drop_path': DROP_PATH,
            'optim_wrapper.paramwise_cfg.lr_scale': {'head.': 10.0, r'^head\.|\.query_(tokens|positions)\.cls$': 10.0},
            'default_hooks.checkpoint.interval': epochs,
        }

    found = measure_few_shot_finetune(
        CONFIG,
        task.work,
        settings['student'],
        str(task.out / source['weights']) if source else None,
        settings['train'],
        settings['test'],
        options,
        settings['ways'],
        settings['shots'],
        settings['queries'],
        settings['folds'],
        settings['seed'],
        task.device,
    )
    record, predictions = record_of(task, found, settings['train'], settings['test'], source, config=CONFIG)
    return Outcome(record=record, predictions=predictions)
