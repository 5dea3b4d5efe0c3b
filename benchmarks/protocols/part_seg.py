"""Part segmentation by full fine-tuning.

Source: arXiv 2203.06604 and 2302.02318, ShapeNetPart: training on train and val, a head on the tokens of three layers,
predictions among the parts of the cloud's class. Instance mIoU is the mean over clouds, class mIoU the mean over
classes of the mean over their clouds; a part that is in neither truth nor prediction counts 1.

Traps: released code prints the best test epoch, of each of the two figures by itself; draws the test points anew at
random with replacement, so that the same weights score differently every time; and steps optimizer and schedule its own
way, the former twice for every batch, clipping in between. Of the released lists, 26 test objects are in the training
ones. Tables say "mIoU" of either figure. Here: fixed test points, the last epoch, one step for a batch, no voting.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.protocols.base import Context, Data, Student, slower
from benchmarks.protocols.features import shuffled_batches
from benchmarks.protocols.finetune import Finetune, Tuning
from benchmarks.protocols.measurement import Measurement
from zoo.engine.metrics import PartIoU
from zoo.errors import UsageError
from zoo.hub import backbone_config
from zoo.registry import DATASETS

CONFIG = 'configs/finetune/part_segmentation.py'
PAPER_CONFIG = 'configs/finetune/shapenetpart.py'
"""Recipe of the papers, for their data."""

BATCH_SIZE = 8
SAMPLES_PER_SECOND = 90
"""Training samples of 512 points a second of a thread, nano; measuring takes a third of the time."""


@dataclass(frozen=True)
class PartSegmentation(Finetune):
    """Part segmentation by full fine-tuning, measured at the last epoch.

    Attributes:
        samples: number of clouds that are seen, rounded to whole epochs.
        recipe: not None for the settings of the papers, which have a config of their own.
        config: fine-tuning config of a PartSegmenter.
        measured: number of objects that are measured on, for the guess of time.
    """

    config: str = CONFIG
    measured: int = 1290

    name = 'part_seg'
    metric, chosen_by = 'instance_miou', 'instance mIoU'
    literature = {'part seg full': 'part_seg'}

    def seconds(self, settings: Mapping[str, Any]) -> float:
        """Guess of one training."""
        seen = self.samples + self.measured / 3
        return 4 + seen / SAMPLES_PER_SECOND * slower(settings) * settings['points'] / 512

    def trial(self, encoder: Student, data: Data, context: Context, rate: float | None, work: Path) -> Measurement:
        """Train at a rate and measure the last epoch."""
        options = segment_options(
            encoder.name, data.config('train'), data.config('test'), self.samples, context.num_points, rate
        )
        return part_seg(self.config, work, encoder.name, encoder.weights, context.seed, options, context.device)


def segment_options(
    student: str,
    train: Mapping[str, Any],
    test: Mapping[str, Any],
    samples: int,
    num_points: int,
    rate: float | None,
) -> dict[str, Any]:
    """Changes to the config: data and parts, and unless the paper's are taken (no rate) points, length and rate.

    Args:
        student: name of the student.
        train: config of the labelled objects.
        test: config of what is measured on.
        samples: number of clouds that are seen.
        num_points: number of points of a cloud.
        rate: peak learning rate; None leaves the config as it is.
    """
    dataset = DATASETS.build(dict(train))
    backbone = backbone_config(student, 'segment')
    options: dict[str, Any] = {
        'train_dataloader.dataset': {**train, '_delete_': True},
        'test_dataloader.dataset': {**test, '_delete_': True},
        **part_options(dataset),
    }
    if rate is None:
        return {**options, 'default_hooks.checkpoint.interval': 10}
    epochs = max(1, round(samples / len(dataset)))
    steps = epochs * max(1, len(dataset) // BATCH_SIZE)
    chosen = {'type': 'FPSSubsample', 'num_points': num_points}
    return {
        **options,
        **{f'model.backbone.{key}': backbone[key] for key in ('num_groups', 'group_size') if key in backbone},
        'train_dataloader.batch_size': BATCH_SIZE,
        'data_preprocessor.train.0': {**chosen, 'oversample': num_points * 600 // 512},
        'data_preprocessor.test.0': chosen,
        'train_cfg.max_epochs': epochs,
        'optim_wrapper.optimizer.lr': rate,
        'param_scheduler': {'by_epoch': False, 'total': steps, 'warmup': steps // 10},
        'default_hooks.checkpoint.interval': max(1, epochs // 4),
    }


def part_options(dataset: Any) -> dict[str, Any]:
    """Changes to a config that fit the model to the parts of a dataset.

    Args:
        dataset: an ObjectDataset with classes and parts.

    Raises:
        UsageError: it has no parts.
    """
    lacking = [name for name in dataset.classes if not dataset.parts.get(name)]
    if lacking or not dataset.classes:
        raise UsageError(
            f'{type(dataset).__name__} names no parts{f" of {lacking[0]}" if lacking else ""}: part segmentation needs '
            'ShapeNetPart or ProceduralShapes'
        )
    counts = [len(dataset.parts[name]) for name in dataset.classes]
    numbers = [part for name in dataset.classes for part in dataset.parts[name]]
    through = all(isinstance(part, int) for part in numbers)
    if through and numbers != list(range(len(numbers))):
        raise UsageError(f'{type(dataset).__name__} does not number its parts from 0 through all classes')
    return {'model.parts': counts, 'model.numbered': 'through' if through else 'by_class'}


def part_seg(
    config: str | Path,
    work_dir: Path,
    backbone: str,
    weights: str | None,
    seed: int,
    options: Mapping[str, Any],
    device: str | None = None,
) -> Measurement:
    """Train a segmenter and measure its last epoch on the test split; see :class:`Tuning` for the arguments.

    Returns:
        ``instance_miou``, ``class_miou`` and ``point_accuracy`` in percent; by class, its mean IoU in percent; as
        scores, the mean IoU over the parts of every test cloud. Classes are given, so ``predictions`` repeats them.
    """
    begin = time.perf_counter()
    tuning = Tuning(config, work_dir, backbone, weights, seed, options, device)
    tuning.runner.train()
    metric = PartIoU(per_class=True, keep_predictions=True)
    points = measure_parts(tuning.runner.model, tuning.test, metric)
    metrics, found = metric.evaluate(len(tuning.test)), metric.predictions
    protocol = {
        'name': PartSegmentation.name,
        'version': PartSegmentation.version,
        'absent_part': 'counts 1',
        'test_points': 'fixed',
        **tuning.settings,
        **_settings(tuning.runner.model),
        'points': points,
    }
    return Measurement(
        {name: float(value) for name, value in metrics.items() if '/' not in name},
        protocol,
        time.perf_counter() - begin,
        {name.partition('/')[2]: float(value) for name, value in metrics.items() if '/' in name},
        found['label'],
        found['label'],
        found['iou'],
    )


@torch.inference_mode()
def measure_parts(model: Any, test: Any, metric: PartIoU, batch_size: int = 64) -> int:
    """Let a segmenter, put into eval mode, predict the parts of every cloud, and a metric judge them.

    The model is given points and classes alone, in an order that says nothing; parts are compared outside of it.

    Args:
        model: a PartSegmenter; its preprocessor chooses the points.
        test: dataset with classes and parts.
        metric: takes the predictions in.
        batch_size: clouds at a time; batches do not influence each other.

    Returns:
        Points of a cloud.

    Raises:
        UsageError: a weight is not finite.
    """
    broken = [name for name, weight in model.named_parameters() if not bool(torch.isfinite(weight).all())]
    if broken:
        raise UsageError(
            f'weight {broken[0]} of the segmenter holds numbers that are not finite: its training diverged'
        )
    model.eval()
    metric.dataset_meta = test.metainfo
    points = 0
    for chosen in shuffled_batches(len(test), batch_size):
        batch = model.data_preprocessor(test.__getitems__(chosen.tolist()), False)
        points = batch['points'].shape[1]
        answers = model.predict(batch['points'], label=batch['label'])
        _, part = model.counted_by_class(batch['label'], batch['part'])
        rows = zip(answers, part, batch['index'], strict=True)
        metric.process({}, [{**answer, 'part': truth, 'index': index} for answer, truth, index in rows])
    return points


def _settings(model: Any) -> dict[str, Any]:
    """What a reader needs to know of the model."""
    student = model.backbone
    return {
        'head': 'point-wise, class told',
        'parts': int(model.num_parts.sum()),
        'groups': f'{student.num_groups} of {student.group_size}',
        'layers': [layer + 1 for layer in model.layers],
    }
