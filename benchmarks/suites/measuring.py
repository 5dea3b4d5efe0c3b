"""Jobs that measure: from the settings of a job to what a protocol is given, and from what it finds to a record."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from benchmarks.encoders import Encoder
from benchmarks.protocols import base
from benchmarks.protocols.base import Context, Data, Protocol, Student, find_protocol
from benchmarks.protocols.features import FeatureCache, evaluation_transforms
from benchmarks.protocols.untrained import update_norm_statistics
from benchmarks.records import Predictions, Record
from benchmarks.records.environment import environment
from benchmarks.suites.draws import labeled, shared_out
from benchmarks.suites.job import JobType, Outcome, Task
from benchmarks.suites.overlap import count_seen
from benchmarks.suites.students import pretraining_config
from benchmarks.user_code import address
from zoo.datasets.captions import readable
from zoo.errors import UsageError
from zoo.hub import backbone_config, get_model
from zoo.hub.names import parse_name
from zoo.registry import DATASETS, MODELS
from zoo.tensors import load_exactly, read_safetensors, read_tensors, tensor_digest


def measurement(name: str) -> JobType:
    """The job type of a protocol, whose name is its :meth:`Protocol.spec`."""
    protocol = find_protocol(name)
    run, code = functools.partial(measure, protocol), (address(protocol).rpartition(':')[0], __name__)
    return JobType(run, code, lambda settings: protocol.of(settings).seconds(settings), protocol.version)


def measure(kind: type[Protocol], task: Task) -> Outcome:
    """Measure by a protocol, and leave a record.

    Raises:
        UsageError: a figure is no finite number.
    """
    settings, protocol, source = task.settings, kind.of(task.settings), task.inputs.get('weights')
    if source is not None and 'epoch' in settings:
        # The student as it was on the way.
        path = source['snapshots'][str(settings['epoch'])]
        about = {**source['about'], 'epoch': settings['epoch']}
        source = {'weights': path, 'digest': tensor_digest(read_safetensors(task.out / path)[0]), 'about': about}
    train = _labeled(settings, settings['seed']) if kind.learns else None
    data = Data(train, settings['test'])
    inputs = {**task.inputs, **({'weights': source} if source else {})}
    cache = FeatureCache(task.out / 'features')
    context = Context(settings['points'], settings['seed'], task.device, cache, task.work, task.out, inputs)
    given, said = _given(task, protocol, data, source)
    found = protocol.measure(given, data, context)
    if found.seed is not None and kind.learns:
        train = _labeled(settings, found.seed)
    # The pretraining behind a result is that of the weights, or of the classifier or run that was measured.
    runs = [value for value in task.inputs.values() if value and 'pretrained' in value]
    chosen = [value for value in runs if found.seed is None or value['seed'] == found.seed]
    pretraining = chosen[0]['pretrained'] if chosen else source
    about, encoder = pretraining['about'] if pretraining else {}, settings.get('encoder')
    model = settings['student'] if encoder else model_name(settings['student'], pretraining)
    for name, value in found.metrics.items():
        if not np.isfinite(value):
            raise UsageError(
                f'{name} of {model} on {settings["data"]} {settings["variant"]} is {value}, no figure: its weights are '
                'damaged or diverged'
            )
    if pretraining:
        weights, digest = f'job {pretraining["weights"].split("/")[1]}', pretraining['digest']
    else:
        weights, digest = (encoder['factory'], encoder['tensors']) if encoder else ('scratch', '')
    how = {'epoch_selection': 'last', **found.protocol, **said, 'student': settings['student']}
    if 'epoch' in settings:
        # It was fixed before, so an early one is neither the last nor a selected one.
        epoch, epochs = settings['epoch'], about['epochs']
        how |= {'epoch_selection': 'last' if epoch == epochs else '', 'epoch': f'{epoch} of {epochs}, fixed before'}
    record = Record(
        model=model,
        config=found.config or about.get('config', ''),
        config_sha256=about.get('config_sha256', encoder['code'] if encoder else ''),
        weights=weights,
        weights_digest=digest,
        pretraining={name: value for name, value in about.items() if name != 'config_sha256' and value != {}},
        dataset=_measured_on(task, train, pretraining),
        protocol=how,
        seed=settings['seed'] if found.seed is None else found.seed,
        metrics=found.metrics,
        per_class=found.per_class,
        seconds=found.seconds,
        environment=environment(task.device),
        job=task.key,
    )
    predictions = Predictions.of(found.labels, found.predictions, score=found.scores) if len(found.labels) else None
    return Outcome(found.value, record, predictions, found.files)


def _labeled(settings: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Config of the labeled objects that a seed may use: of those, the share of the settings in percent."""
    return shared_out(labeled(settings['train'], settings['per_class'], seed), settings.get('label_share', 100), seed)


def _given(task: Task, protocol: Protocol, data: Data, source: Mapping[str, Any] | None) -> tuple[Any, dict[str, Any]]:
    """What a protocol gets as its encoder, by what it requires, and what a record says of that beside its weights."""
    settings, weights = task.settings, task.out / source['weights'] if source else None
    if protocol.requires == base.RUNS:
        return None, {}
    if protocol.requires == base.TRAINED:
        return Student(settings['student'], str(weights) if weights else None), {}
    if protocol.requires == base.CLASSIFIER:
        return get_model(task.out / task.inputs['classifier']['weights']), {}
    if protocol.requires == base.TEXT and weights:
        return get_model(weights), {}
    if protocol.requires == base.ALIGNED and weights:
        # With the teachers that the config names, which are no part of the weights.
        config = pretraining_config(settings['student'], settings['options'], settings['offline'])
        model = MODELS.build(config.model.to_dict())
        load_exactly(model, read_tensors(weights), source['weights'] if source else '')
        return model, {}
    if 'encoder' in settings:
        encoder = Encoder.of(settings['encoder'])
        return encoder.build(settings['encoder']['tensors']), {'encoder': encoder.recorded}
    torch.manual_seed(settings['seed'])
    if weights:
        # By the header of the weights: since they were trained the config may have another order of points.
        return get_model(weights, features_only=True, pool=protocol.pool), {}
    backbone = backbone_config(settings['student'], 'features')
    model = MODELS.build({'type': 'FeatureExtractor', 'backbone': backbone, 'pool': protocol.pool})
    # A protocol that learns nothing knows no other clouds that norms of random weights could settle on.
    clouds = data.train if protocol.learns else data.test
    return model, update_norm_statistics(model, clouds, evaluation_transforms(settings['points']), task.device)


def _measured_on(task: Task, train: Mapping[str, Any] | None, pretraining: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a record says of the data, and of what the pretraining saw of it."""
    settings, measured = task.settings, DATASETS.build(dict(task.settings['test']))
    dataset = {
        'name': settings['data'],
        'split': settings.get('split', 'test'),
        'variant': settings['variant'],
        'fingerprint': measured.fingerprint,
        'samples': len(measured),
        'classes': len(measured.classes),
    }
    about = pretraining['about'] if pretraining else {}
    if 'classes' in about:
        seen = {readable(name) for name in about['classes']}
        dataset['seen_classes'] = sum(readable(name) in seen for name in measured.classes)
    if pretraining:
        same = about['fingerprint'] == measured.fingerprint
        dataset['seen_objects'] = len(measured) if same else count_seen(measured, task.out / pretraining['weights'])
    if train is not None:
        learnt = DATASETS.build(dict(train))
        dataset |= {'train_fingerprint': learnt.fingerprint, 'train_samples': len(learnt)}
    return dataset


def model_name(student: str, pretraining: Mapping[str, Any] | None) -> str:
    """What a record calls the model: the student, and what was changed in its pretraining."""
    if pretraining is None:
        return 'from scratch' if parse_name(student).stem == 'point-mae' else f'{student} from scratch'
    about = pretraining['about']
    changes = [f'{key}={value}' for key, value in about['options'].items()]
    share = [] if about['fraction'] == 1 else [f'{about["fraction"]:.0%} of the data']
    return f'{student} ({", ".join([*share, *changes])})' if share or changes else student
