"""Accuracy of classifiers, intersection over union of parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric

from zoo.registry import METRICS


def overall_accuracy(label: np.ndarray, pred: np.ndarray) -> float:
    """Return the share of right predictions in percent; ``label`` and ``pred`` are (S,). NaN without samples."""
    return float(100 * np.mean(label == pred)) if len(label) else float('nan')


def class_accuracy(label: np.ndarray, pred: np.ndarray, num_classes: int) -> np.ndarray:
    """Return the accuracy of every class in percent, (classes,); NaN for a class without samples.

    Args:
        label: true classes (S,).
        pred: predicted classes (S,).
        num_classes: number of classes.
    """
    count = np.bincount(label, minlength=num_classes)
    right = np.bincount(label[label == pred], minlength=len(count))
    return np.divide(100.0 * right, count, out=np.full(len(count), np.nan), where=count > 0)


def mean_class_accuracy(label: np.ndarray, pred: np.ndarray) -> float:
    """Return the mean over the classes that occur in ``label`` of their accuracies, in percent."""
    return float(np.nanmean(class_accuracy(label, pred, 0))) if len(label) else float('nan')


class _SampleMetric(BaseMetric):
    """A metric that can keep what it saw of every sample, as ``predictions`` in dataset order."""

    def __init__(
        self,
        per_class: bool = False,
        keep_predictions: bool = False,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.per_class, self.keep_predictions = per_class, keep_predictions
        self.predictions: dict[str, np.ndarray] = {}

    def _keep(self, columns: dict[str, np.ndarray], names: Iterable[str]) -> None:
        """Keep some columns if asked to."""
        if self.keep_predictions:
            order = np.argsort(columns['index'], kind='stable') if 'index' in columns else slice(None)
            self.predictions = {key: columns[key][order] for key in names if key in columns}


@METRICS.register_module()
class Accuracy(_SampleMetric):
    """Overall (``oa``) and mean class accuracy (``macc``), in percent.

    Reads predictions as models of the zoo give them: one dict per sample with ``pred`` and ``label``, and where they
    exist ``index`` and ``logits``.

    Attributes:
        predictions: arrays, after an evaluation with ``keep_predictions``: ``label``, ``pred``, ``index`` (S,) and
            ``logits`` (S, classes), of the samples in dataset order.

    Args:
        per_class: choice to report every class too, as ``acc/<class>``.
        keep_predictions: choice to keep ``predictions``.
        collect_device: device where results meet, see mmengine.
        prefix: prefix of the names, see mmengine.
    """

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Take in the predictions of one batch."""
        wanted = ('label', 'pred', 'index', 'logits') if self.keep_predictions else ('label', 'pred')
        for sample in data_samples:
            self.results.append({key: sample[key].cpu().numpy() for key in wanted if key in sample})

    def compute_metrics(self, results: list[dict[str, np.ndarray]]) -> dict[str, float]:
        """Return the metrics of all samples."""
        columns = {key: np.stack([result[key] for result in results]) for key in results[0]} if results else {}
        label, pred = (columns.get(key, np.zeros(0, np.int64)) for key in ('label', 'pred'))
        self._keep(columns, columns)
        metrics = {'oa': overall_accuracy(label, pred), 'macc': mean_class_accuracy(label, pred)}
        if self.per_class:
            names = (self.dataset_meta or {}).get('classes') or range(int(label.max(initial=-1)) + 1)
            shares = class_accuracy(label, pred, len(names))
            metrics |= {f'acc/{name}': float(share) for name, share in zip(names, shares, strict=False)}
        return metrics


def part_ious(part: np.ndarray, pred: np.ndarray, num_parts: int) -> np.ndarray:
    """Return the intersection over union of every part of one cloud, (parts,), in [0, 1].

    A part that is absent in truth and prediction counts 1, as in all published figures of ShapeNetPart. Points without
    a part (negative) count nowhere.

    Args:
        part: true part of every point (N,), 0 to ``num_parts`` - 1, or negative.
        pred: predicted part of every point (N,), 0 to ``num_parts`` - 1.
        num_parts: number of parts of the cloud's class.
    """
    known = part >= 0
    part, pred = part[known], pred[known]
    both = np.bincount(part[part == pred], minlength=num_parts)
    either = np.bincount(part, minlength=num_parts) + np.bincount(pred, minlength=num_parts) - both
    return np.divide(both, either, out=np.ones(num_parts), where=either > 0)


@METRICS.register_module()
class PartIoU(_SampleMetric):
    """Mean intersection over union of parts, in percent.

    A cloud's figure is the mean over the parts of its class (see :func:`part_ious`). ``instance_miou`` is the mean over
    clouds; ``class_miou`` the mean over classes of the mean over their clouds, of the classes that occur;
    ``point_accuracy`` the share of right points, the mean over clouds. Published tables give the first two, and some
    say "mIoU" of either.

    Reads predictions as :class:`zoo.models.PartSegmenter` gives them.

    Attributes:
        predictions: arrays, after an evaluation with ``keep_predictions``: ``label``, ``index`` (S,) and ``iou`` (S,)
            in [0, 1], of the clouds in dataset order.

    ``per_class=True`` reports every class as ``iou/<class>``; see :class:`Accuracy` for the arguments.
    """

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Take in the predictions of one batch."""
        for sample in data_samples:
            part, pred = sample['part'].cpu().numpy(), sample['pred'].cpu().numpy()
            known = part >= 0
            figures = {
                'label': int(sample['label']),
                'iou': float(part_ious(part, pred, int(sample['num_parts'])).mean()),
                'right': float((part == pred)[known].mean()) if known.any() else float('nan'),
            }
            self.results.append(figures | ({'index': int(sample['index'])} if 'index' in sample else {}))

    def compute_metrics(self, results: list[dict[str, float]]) -> dict[str, float]:
        """Return the metrics of all clouds."""
        columns = {key: np.array([result[key] for result in results]) for key in results[0]} if results else {}
        label, iou, right = (columns.get(key, np.zeros(0)) for key in ('label', 'iou', 'right'))
        self._keep(columns, ('label', 'iou', 'index'))
        shares = {int(known): 100 * float(iou[label == known].mean()) for known in np.unique(label)}
        metrics = {
            'instance_miou': 100 * float(iou.mean()) if len(iou) else float('nan'),
            'class_miou': float(np.mean(list(shares.values()))) if shares else float('nan'),
            'point_accuracy': 100 * float(np.nanmean(right)) if len(right) else float('nan'),
        }
        if self.per_class:
            names = (self.dataset_meta or {}).get('classes') or range(max(shares, default=-1) + 1)
            metrics |= {f'iou/{names[known]}': share for known, share in shares.items()}
        return metrics
