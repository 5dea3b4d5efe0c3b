"""From a measurement to the record that says how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.protocols.measurement import Measurement
from benchmarks.records import Predictions, Record
from benchmarks.records.record import environment
from benchmarks.suites.job import Task
from zoo.errors import UsageError
from zoo.registry import DATASETS


def model_name(student: str, pretraining: Mapping[str, Any] | None) -> str:
    """What a record calls the model: the student, and what was changed in its pretraining."""
    if pretraining is None:
        return 'from scratch'
    about = pretraining['about']
    changes = [f'{key}={value}' for key, value in about['options'].items()]
    share = [] if about['fraction'] == 1 else [f'{about["fraction"]:.0%} of the data']
    return f'{student} ({", ".join([*share, *changes])})' if share or changes else student


def record_of(
    task: Task,
    found: Measurement,
    train: Mapping[str, Any] | None,
    test: Mapping[str, Any],
    pretraining: Mapping[str, Any] | None,
    protocol: Mapping[str, Any] | None = None,
    config: str = '',
) -> tuple[Record, Predictions | None]:
    """Record of one measurement, and its predictions.

    Args:
        task: that measured; its settings name the source.
        found: figures and how they came about.
        train: config of the labelled objects of the downstream step; None where there is none.
        test: config of what was measured on.
        pretraining: what the pretraining job returned; None for random weights.
        protocol: further settings of the protocol.
        config: of the downstream step.

    Raises:
        UsageError: a figure is no finite number.
    """
    settings = task.settings
    broken = [name for name, value in found.metrics.items() if not np.isfinite(value)]
    if broken:
        raise UsageError(
            f'{broken[0]} of {model_name(settings["student"], pretraining)} on {settings["data"]} '
            f'{settings["variant"]} is {found.metrics[broken[0]]}, no figure: its weights are damaged or diverged'
        )
    measured, learnt = DATASETS.build(dict(test)), None if train is None else DATASETS.build(dict(train))
    dataset = {
        'name': settings['data'],
        'split': settings.get('split', 'test'),
        'variant': settings['variant'],
        'fingerprint': measured.fingerprint,
        'samples': len(measured),
        'classes': len(measured.classes),
    }
    if learnt is not None:
        dataset |= {'train_fingerprint': learnt.fingerprint, 'train_samples': len(learnt)}
    predictions = Predictions.of(found.labels, found.predictions) if len(found.labels) else None
    record = Record(
        model=model_name(settings['student'], pretraining),
        config=config or (pretraining['about']['config'] if pretraining else ''),
        config_sha256=pretraining['about']['config_sha256'] if pretraining else '',
        weights=f'job {pretraining["weights"].split("/")[1]}' if pretraining else 'scratch',
        weights_sha256=pretraining['sha256'] if pretraining else '',
        pretraining=_stated(pretraining['about']) if pretraining else {},
        dataset=dataset,
        # Weights are those of the last epoch of pretraining wherever a protocol trains nothing.
        protocol={'epoch_selection': 'last', **found.protocol, **(protocol or {}), 'student': settings['student']},
        seed=settings['seed'],
        metrics=found.metrics,
        per_class=found.per_class,
        seconds=found.seconds,
        environment=environment(task.device),
        job=task.key,
    )
    return record, predictions


def _stated(about: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says of a pretraining; the hash of its config has a field of its own."""
    return {name: value for name, value in about.items() if name not in ('config_sha256',) and value != {}}
