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

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.protocols.base import Context, Data, Student, objects, slower
from benchmarks.protocols.features import shuffled_batches
from benchmarks.protocols.finetune import Finetune, Tuning, lasting
from benchmarks.protocols.measurement import Measurement
from zoo.engine.metrics import PartIoU
from zoo.errors import UsageError
from zoo.hub import backbone_config

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
        recipe: not None for the settings of the papers, which have a config of their own.
        config: fine-tuning config of a PartSegmenter.
    """

    config: str = CONFIG

    name = 'part_seg'
    metric, chosen_by = 'instance_miou', 'instance mIoU'
    literature = {'part seg full': 'part_seg'}

    def seconds(self, settings: Mapping[str, Any]) -> float:
        """Guess of one training."""
        seen = self.samples + objects(settings, 'test') / 3
        return 4 + seen / SAMPLES_PER_SECOND * slower(settings) * settings['points'] / 512

    def options(self, encoder: Student, data: Data, context: Context, rate: float | None) -> dict[str, Any]:
        """Changes to the config: data and parts, and unless the paper's are taken (no rate) points, length and rate."""
        options: dict[str, Any] = {
            'train_dataloader.dataset': {**data.config('train'), '_delete_': True},
            'test_dataloader.dataset': {**data.config('test'), '_delete_': True},
            **part_options(data.train),
        }
        if rate is None:
            return {**options, 'default_hooks.checkpoint.interval': 10}
        backbone = backbone_config(encoder.name, 'segment')
        chosen = {'type': 'FPSSubsample', 'num_points': context.num_points}
        return {
            **options,
            **lasting(self.samples, len(data.train), BATCH_SIZE, rate),
            **{f'model.backbone.{key}': backbone[key] for key in ('num_groups', 'group_size') if key in backbone},
            'data_preprocessor.train.0': {**chosen, 'oversample': context.num_points * 600 // 512},
            'data_preprocessor.test.0': chosen,
        }

    def trial(self, encoder: Student, data: Data, context: Context, rate: float | None) -> Measurement:
        """Train a segmenter at a rate and measure its last epoch.

        Returns:
            ``instance_miou``, ``class_miou`` and ``point_accuracy`` in percent; by class, its mean IoU in percent; as
            scores, the mean IoU over the parts of every test cloud. Classes are given, so ``predictions`` repeats them.
        """
        tuning = Tuning(self.config, encoder, self.options(encoder, data, context, rate), context)
        tuning.runner.train()
        model, metric = tuning.runner.model, PartIoU(per_class=True, keep_predictions=True)
        points = measure_parts(model, tuning.test, metric)
        metrics, found = metric.evaluate(len(tuning.test)), metric.predictions
        protocol = {
            'absent_part': 'counts 1',
            'test_points': 'fixed',
            **tuning.settings,
            'head': 'point-wise, class told',
            'parts': int(model.num_parts.sum()),
            'groups': f'{model.backbone.num_groups} of {model.backbone.group_size}',
            'layers': [layer + 1 for layer in model.layers],
            'points': points,
        }
        return Measurement(
            {name: float(value) for name, value in metrics.items() if '/' not in name},
            protocol,
            per_class={name.partition('/')[2]: float(value) for name, value in metrics.items() if '/' in name},
            labels=found['label'],
            predictions=found['label'],
            scores=found['iou'],
        )


def part_options(dataset: Any) -> dict[str, Any]:
    """Changes to a config that fit the model to the parts of a dataset.

    Args:
        dataset: dataset with classes and parts.

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


@torch.inference_mode()
def measure_parts(model: Any, test: Any, metric: PartIoU, batch_size: int = 64) -> int:
    """Let a segmenter, put into eval mode, predict the parts of every cloud, and a metric judge them.

    The model is given points and classes alone, in an order that says nothing; parts are compared outside of it.

    Args:
        model: segmenter; its preprocessor chooses the points.
        test: dataset with classes and parts.
        metric: metric that takes the predictions in.
        batch_size: number of clouds at a time; batches do not influence each other.

    Returns:
        Number of points of a cloud.

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
