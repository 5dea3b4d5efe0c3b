"""Kinds of jobs that measure weights without training a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from benchmarks.protocols.corruption import measure_corruption
from benchmarks.protocols.features import FeatureCache, evaluation_transforms
from benchmarks.protocols.few_shot import measure_few_shot
from benchmarks.protocols.knn import measure_knn
from benchmarks.protocols.measurement import Measurement
from benchmarks.protocols.probe import measure_probe
from benchmarks.protocols.svm import measure_svm
from benchmarks.protocols.untrained import settle_norms
from benchmarks.protocols.zero_shot import measure_zero_shot
from benchmarks.suites.draws import labelled
from benchmarks.suites.evidence import record_of
from benchmarks.suites.job import LIBRARY, Outcome, Task, kind
from benchmarks.suites.training import SLOWER
from zoo.hub import backbone_config, get_model
from zoo.hub.names import parse_name
from zoo.registry import DATASETS, MODELS

COMMON = (*LIBRARY, 'benchmarks/suites/measuring.py', 'benchmarks/suites/draws.py')
FROZEN = (*COMMON, 'benchmarks/protocols/features.py', 'benchmarks/protocols/measurement.py')
FROZEN += ('benchmarks/protocols/untrained.py',)
SVM = (*FROZEN, 'benchmarks/protocols/svm.py')


CLOUDS = 2000
"""About as many are read in a measurement, at 2400 a second of a thread."""


def _seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread: reading, features, and what follows."""
    return 1 + CLOUDS / 2400 * SLOWER[parse_name(settings['student']).size] * settings['points'] / 512


def extractor(task: Task, pool: str, clouds: Any) -> tuple[Any, dict[str, int]]:
    """The student as a feature extractor, with its weights or with random ones of the seed, and what a record adds.

    Args:
        task: needs ``weights``, or nothing for random ones.
        pool: of the tokens.
        clouds: dataset that batch norms of random weights take their statistics from.
    """
    settings, source = task.settings, task.inputs.get('weights')
    torch.manual_seed(settings['seed'])
    if source:
        # By the header of the weights: since they were trained the config may have another order of points.
        return get_model(task.out / source['weights'], features_only=True, pool=pool), {}
    backbone = backbone_config(settings['student'], 'features')
    model = MODELS.build({'type': 'FeatureExtractor', 'backbone': backbone, 'pool': pool})
    return model, settle_norms(model, clouds, evaluation_transforms(settings['points']), task.device)


def _frozen(task: Task, pool: str, measure: Any, **options: Any) -> Outcome:
    """Measure a frozen student by a protocol that learns from labelled features."""
    settings = task.settings
    config = labelled(settings['train'], settings['per_class'], settings['seed'])
    train, test = DATASETS.build(dict(config)), DATASETS.build(dict(settings['test']))
    cache = FeatureCache(task.out / 'features')
    model, extra = extractor(task, pool, train)
    found = measure(model, train, test, settings['points'], device=task.device, cache=cache, **options)
    return _outcome(task, found, config, extra)


def _outcome(
    task: Task, found: Measurement, train: Mapping[str, Any] | None, extra: Mapping[str, Any] | None = None
) -> Outcome:
    """The record of a measurement of pretrained weights."""
    record, predictions = record_of(task, found, train, task.settings['test'], task.inputs.get('weights'), extra)
    return Outcome(record=record, predictions=predictions)


@kind('svm', code=SVM, seconds=_seconds)
def svm(task: Task) -> Outcome:
    """Linear SVM."""
    return _frozen(task, 'svm', measure_svm, seed=task.settings['seed'])


@kind('knn', code=(*FROZEN, 'benchmarks/protocols/knn.py'), seconds=_seconds)
def knn(task: Task) -> Outcome:
    """Nearest neighbours."""
    return _frozen(task, 'svm', measure_knn)


@kind('probe', code=(*FROZEN, 'benchmarks/protocols/probe.py'), seconds=_seconds)
def probe(task: Task) -> Outcome:
    """MLP-Linear or MLP-3."""
    settings = task.settings
    return _frozen(
        task, 'cls', measure_probe, head=settings['head'], epochs=settings['head_epochs'], seed=settings['seed']
    )


@kind('few_shot', code=(*SVM, 'benchmarks/protocols/few_shot.py'), seconds=_seconds)
def few_shot(task: Task) -> Outcome:
    """Episodes by a linear SVM."""
    names = ('ways', 'shots', 'queries', 'folds', 'seed')
    return _frozen(task, 'svm', measure_few_shot, **{name: task.settings[name] for name in names})


@kind('zero_shot', code=(*FROZEN, 'benchmarks/protocols/zero_shot.py'), seconds=_seconds)
def zero_shot(task: Task) -> Outcome:
    """Classes by their names alone."""
    settings, source = task.settings, task.inputs['weights']
    model = get_model(task.out / source['weights'])
    test, cache = DATASETS.build(dict(settings['test'])), FeatureCache(task.out / 'features')
    found = measure_zero_shot(model, test, settings['points'], split=settings['split'], device=task.device, cache=cache)
    return _outcome(task, found, None)


def classifier(task: Task) -> Any:
    """The fine-tuned classifier of the job that is needed as ``classifier``."""
    return get_model(task.out / task.inputs['classifier']['weights'])


def _corruption_seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread."""
    return 2 + (1 + 7 * len(settings['severities'])) * _seconds(settings) / 2


@kind('corruption', code=(*FROZEN, 'benchmarks/protocols/corruption.py'), seconds=_corruption_seconds)
def corruption(task: Task) -> Outcome:
    """A fine-tuned classifier under corruptions."""
    settings, source = task.settings, task.inputs['classifier']
    test = DATASETS.build(dict(settings['test']))
    severities = tuple(settings['severities'])
    found = measure_corruption(classifier(task), test, settings['points'], severities=severities, device=task.device)
    train = labelled(settings['train'], settings['per_class'], settings['seed'])
    record, predictions = record_of(task, found, train, settings['test'], source['pretrained'])
    return Outcome(record=record, predictions=predictions)
