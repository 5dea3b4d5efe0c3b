"""Kinds of jobs that train segmenters of parts, and the choice of their rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.protocols.part_seg import PartMeasurement, part_options, part_seg
from benchmarks.records import Predictions
from benchmarks.studies.recipe import SEED
from benchmarks.suites.draws import labelled
from benchmarks.suites.evidence import record_of
from benchmarks.suites.job import Outcome, Task, kind
from benchmarks.suites.training import FINETUNE_CODE, SLOWER, trained
from zoo.hub import backbone_config
from zoo.hub.names import parse_name
from zoo.registry import DATASETS

CONFIG = 'configs/finetune/part_segmentation.py'
PAPER_CONFIG = 'configs/finetune/shapenetpart.py'
"""Recipe of the papers, for their data."""

CODE = (*FINETUNE_CODE, 'benchmarks/protocols/part_seg.py', 'benchmarks/suites/segmenting.py', CONFIG, PAPER_CONFIG)

WEIGHTS = 'weights.safetensors'
BATCH_SIZE = 8
SAMPLES_PER_SECOND = 90
"""Training samples of 512 points a second of a thread, nano; measuring takes a third of the time."""


def _seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread."""
    trials = len(settings.get('rates', ())) or 1
    samples = settings['samples'] + settings['measured'] / 3
    slower = SLOWER[parse_name(settings['student']).size] * settings['points'] / 512
    return float(trials * (4 + samples / SAMPLES_PER_SECOND * slower))


@kind('part_seg_recipe', code=CODE, seconds=_seconds)
def choose_rate(task: Task) -> Outcome:
    """Choose the rate of part segmentation by random weights on objects that are in no test split."""
    settings = task.settings
    rates = settings['rates']
    if len(rates) == 1:
        return Outcome({'rate': rates[0], 'selection': 'rate given, nothing chosen'})
    train, val = labelled(settings['train'], settings['per_class'], SEED), settings['val']
    found = {rate: _segment(task, train, val, rate, _trial(rate)).metrics['instance_miou'] for rate in rates}
    tried = ', '.join(f'{rate:g}: {miou:.1f}' for rate, miou in found.items())
    selection = (
        f'rate of part segmentation by instance mIoU (%) of random {settings["student"]} weights on the validation '
        f'split of {settings["title"]}, one run each ({tried}); no test object was looked at'
    )
    best = max(found, key=found.__getitem__)
    trained(task, task.work / _trial(best) / WEIGHTS)
    return Outcome({'rate': best, 'selection': selection})


def _trial(rate: float) -> str:
    """Folder of the run at one rate."""
    return f'rate_{rate:g}'


@kind('part_seg', code=CODE, seconds=_seconds)
def segment_parts(task: Task) -> Outcome:
    """Fine-tune a student to segment parts and measure its last epoch."""
    settings = task.settings
    train = labelled(settings['train'], settings['per_class'], settings['seed'])
    recipe = task.inputs.get('recipe') or {'rate': None, 'selection': 'settings of the paper, nothing chosen'}
    found = _segment(task, train, settings['test'], recipe['rate'])
    extra = {'recipe_selection': recipe['selection']}
    record, _ = record_of(task, found, train, settings['test'], task.inputs.get('weights'), extra, settings['config'])
    predictions = Predictions.of(found.labels, found.predictions, score=found.scores)
    kept = trained(task, task.work / WEIGHTS)
    return Outcome(kept, record, predictions, [kept['weights']])


def _segment(
    task: Task, train: Mapping[str, Any], test: Mapping[str, Any], rate: float | None, folder: str = ''
) -> PartMeasurement:
    """Train and measure in a folder of the job."""
    settings, work = task.settings, task.work / folder
    source = task.inputs.get('weights')
    weights = str(task.out / source['weights']) if source else None
    options = segment_options(settings, train, test, rate)
    seed = settings.get('seed', SEED)
    return part_seg(settings['config'], work, settings['student'], weights, seed, options, task.device)


def segment_options(
    settings: Mapping[str, Any], train: Mapping[str, Any], test: Mapping[str, Any], rate: float | None
) -> dict[str, Any]:
    """Changes to the config: data and parts, and unless the paper's are taken (no rate) points, length and rate.

    Args:
        settings: of the job: ``student``, ``samples``, ``points``.
        train: config of the labelled objects.
        test: config of what is measured on.
        rate: peak learning rate; None leaves the config as it is.
    """
    dataset = DATASETS.build(dict(train))
    backbone = backbone_config(settings['student'], 'segment')
    options: dict[str, Any] = {
        'train_dataloader.dataset': {**train, '_delete_': True},
        'test_dataloader.dataset': {**test, '_delete_': True},
        **part_options(dataset),
    }
    if rate is None:
        return {**options, 'default_hooks.checkpoint.interval': 10}
    epochs = max(1, round(settings['samples'] / len(dataset)))
    steps = epochs * max(1, len(dataset) // BATCH_SIZE)
    points = settings['points']
    chosen = {'type': 'FPSSubsample', 'num_points': points}
    return {
        **options,
        **{f'model.backbone.{key}': backbone[key] for key in ('num_groups', 'group_size') if key in backbone},
        'train_dataloader.batch_size': BATCH_SIZE,
        'data_preprocessor.train.0': {**chosen, 'oversample': points * 600 // 512},
        'data_preprocessor.test.0': chosen,
        'train_cfg.max_epochs': epochs,
        'optim_wrapper.optimizer.lr': rate,
        'param_scheduler': {'by_epoch': False, 'total': steps, 'warmup': steps // 10},
        'default_hooks.checkpoint.interval': max(1, epochs // 4),
    }
