"""Kinds of jobs that measure a student as it was during its pretraining."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from benchmarks.protocols.held_out_loss import measure_held_out_loss
from benchmarks.records.parts import Protocol
from benchmarks.suites.evidence import record_of
from benchmarks.suites.job import LIBRARY, Outcome, Task, kind
from benchmarks.suites.measuring import SVM, svm
from benchmarks.suites.students import pretraining_config
from benchmarks.suites.training import SLOWER
from zoo.hub.names import parse_name
from zoo.io import file_hash
from zoo.registry import DATASETS, MODELS
from zoo.tensors import load_exactly, read_tensors

HELD_OUT = tuple(f'benchmarks/protocols/{name}.py' for name in ('held_out_loss', 'clouds', 'features', 'measurement'))
OWN = ('benchmarks/suites/snapshots.py', 'benchmarks/suites/students.py')


def at_epoch(task: Task) -> Task:
    """The task with the student of one epoch in the place of the finished one.

    Args:
        task: with ``epoch`` in its settings and a ``follow`` job as ``weights``.
    """
    source, epoch = task.inputs['weights'], task.settings['epoch']
    path = source['snapshots'][str(epoch)]
    there = {'weights': path, 'sha256': file_hash(task.out / path), 'about': {**source['about'], 'epoch': epoch}}
    return dataclasses.replace(task, inputs={**task.inputs, 'weights': there})


def _selection(task: Task) -> dict[str, Any]:
    """Which epoch a figure is of. It was fixed before, so an early one is neither the last nor a selected one."""
    epoch, epochs = task.settings['epoch'], task.inputs['weights']['about']['epochs']
    return {'epoch_selection': 'last' if epoch == epochs else '', 'epoch': f'{epoch} of {epochs}, fixed before'}


def _seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread, without the features of the teachers, which are computed once."""
    return 3 + 4 * SLOWER[parse_name(settings['student']).size]


@kind('test_loss', code=(*LIBRARY, *HELD_OUT, *OWN), seconds=_seconds)
def test_loss(task: Task) -> Outcome:
    """Contrastive loss on held-out objects."""
    placed, settings = at_epoch(task), task.settings
    source = placed.inputs['weights']
    config = pretraining_config(settings['student'], settings['options'], settings['offline'])
    model = MODELS.build(config.model.to_dict())
    load_exactly(model, read_tensors(task.out / source['weights']), source['weights'])
    test = DATASETS.build(dict(settings['test']))
    found = measure_held_out_loss(model, test, settings['points'], task.device)
    record, _ = record_of(placed, found, None, settings['test'], source, _selection(task))
    return Outcome(record=record)


@kind('snapshot_svm', code=(*SVM, *OWN), seconds=_seconds)
def snapshot_svm(task: Task) -> Outcome:
    """Linear SVM, as the kind ``svm`` measures it."""
    outcome = svm(at_epoch(task))
    assert outcome.record is not None
    protocol = Protocol.of({**outcome.record.protocol, **_selection(task)})
    return dataclasses.replace(outcome, record=dataclasses.replace(outcome.record, protocol=protocol))
