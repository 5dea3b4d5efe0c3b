"""The job type that chooses the learning rate of a training protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.protocols.base import Context, Data, Student
from benchmarks.protocols.finetune import Finetune
from benchmarks.protocols.part_seg import PartSegmentation
from benchmarks.protocols.pretrain import kept_weights
from benchmarks.suites.draws import held_out, labeled, shared_out
from benchmarks.suites.job import Outcome, Task, job_type

PROTOCOLS: dict[str, type[Finetune]] = {entry.name: entry for entry in (Finetune, PartSegmentation)}

HELD_OUT = 0.2
SEED = 1000
"""Share of the training objects that the rate is chosen on, and the seed of that draw; no study repeats the seed."""


def _seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread: one training for every rate."""
    return len(settings['rates']) * PROTOCOLS[settings['protocol']].of(settings).seconds(settings)


@job_type('recipe', _seconds)
def choose_rate(task: Task) -> Outcome:
    """Choose the rate of a protocol for some weights, or random ones, on objects that are in no test split."""
    settings = task.settings
    rates, protocol = settings['rates'], PROTOCOLS[settings['protocol']].of(settings)
    if len(rates) == 1:
        return Outcome({'rate': rates[0], 'selection': 'rate given, nothing chosen', 'tried': {}})
    if settings['val'] is None:
        train, val = held_out(settings['train'], HELD_OUT, SEED)
        where = f'{HELD_OUT:.0%} of the training objects of {settings["title"]}, held out'
    else:
        train, val = labeled(settings['train'], settings['per_class'], SEED), settings['val']
        where = f'the validation split of {settings["title"]}'
    train = shared_out(train, settings.get('label_share', 100), SEED)
    weights = task.inputs.get('weights')
    student = Student(settings['student'], str(task.out / weights['weights']) if weights else None)
    data = Data(train, val)
    found = {}
    for rate in rates:
        work = task.work / f'rate_{rate:g}'
        context = Context(settings['points'], SEED, task.device, work=work, out=task.out)
        found[rate] = protocol.trial(student, data, context, rate).metrics[protocol.metric]
        kept_weights(work, work / 'weights.safetensors', task.out)
    what = 'rate of part segmentation' if protocol.name == PartSegmentation.name else 'rate'
    how = 'one run each, for every row; no test object was looked at'
    selection = f'{what} by {protocol.chosen_by} (%) on {where}, {how}'
    tried = {f'{rate:g}': round(figure, 2) for rate, figure in found.items()}
    return Outcome({'rate': max(found, key=found.__getitem__), 'selection': selection, 'tried': tried})
