"""Accuracy under corruptions.

Source: ModelNet-C, arXiv 2202.03377: seven corruptions at five severities; what the accuracies are made into is in
:mod:`benchmarks.protocols.corruption_errors`. Traps: sampling or normalizing after the corruption undoes a part of it;
models that were trained with one of the corruptions as augmentation, such as scaling or jitter, are not comparable with
those that were not; the last batch must not be dropped.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.protocols.base import CLASSIFIER, FEATURES, Context, Data, Protocol
from benchmarks.protocols.features import (
    cloud_reader,
    evaluation_transforms,
    in_order,
    require_finite,
    require_same_alone,
    shuffled_batches,
    usual_batch_size,
)
from benchmarks.protocols.measurement import Measurement, classified
from benchmarks.protocols.svm import C, linear_svm
from zoo.engine.metrics import overall_accuracy
from zoo.registry import TRANSFORMS
from zoo.transforms import CORRUPTIONS, SEVERITIES

SEED = 0
"""Random seed of the corruptions, the same for all models and repetitions."""


@dataclass(frozen=True)
class Corruption(Protocol):
    """A fine-tuned classifier under the corruptions of ModelNet-C, made on the fly.

    Attributes:
        severities: severities from 1 to 5.
    """

    severities: tuple[int, ...] = SEVERITIES

    name, requires, suite, title = 'corruption', CLASSIFIER, None, 'mean of the seven'
    metric = 'oa_corrupted'

    def seconds(self, settings: Mapping[str, Any]) -> float:
        """Guess: every cloud passes the classifier clean and once for every corruption and severity."""
        return 2 + (1 + len(CORRUPTIONS) * len(self.severities)) * super().seconds(settings) / 2

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Measure on clean and on corrupted clouds."""
        return self.corrupted(encoder, lambda logits: logits.argmax(axis=1), data.test, context)

    @torch.inference_mode()
    def corrupted(
        self, encoder: Any, classify: Callable[[np.ndarray], np.ndarray], test: Any, context: Context
    ) -> Measurement:
        """Measure on clean clouds and on every corruption of them.

        Clouds are cut by FPS and brought into the unit sphere, then corrupted, and go to the encoder as they are:
        sampling after the corruption would undo a part of it.

        Args:
            encoder: module from points (B, N, 3) of any N to logits or features (B, F); put into eval mode.
            classify: function from what it gives to classes (B,).
            test: labeled dataset.
            context: settings of the run.

        Returns:
            ``oa`` and ``macc`` of the clean clouds, ``oa/<corruption>/<severity>``, ``oa/<corruption>`` (mean over
            severities) and ``oa_corrupted`` (mean over corruptions); predictions are those of the clean clouds.

        Raises:
            UsageError: the output for a cloud depends on the clouds beside it.
        """
        encoder.eval().to(context.device)
        read = cloud_reader(test, evaluation_transforms(context.num_points), context.device)
        corrupt = {
            (name, level): TRANSFORMS.build({'type': 'Corrupt', 'corruption': name, 'severity': level, 'seed': SEED})
            for name in CORRUPTIONS
            for level in self.severities
        }

        def output(points: Tensor) -> np.ndarray:
            rows: np.ndarray = encoder(points).float().cpu().numpy()
            require_finite(rows, encoder, test)
            return rows

        batches = shuffled_batches(len(test), usual_batch_size(context.device))
        clean: list[np.ndarray] = []
        predicted: dict[tuple[str, int], list[np.ndarray]] = {case: [] for case in corrupt}
        for chosen in batches:
            batch = read(chosen)
            clean.append(output(batch['points']))
            for case, transform in corrupt.items():
                predicted[case].append(classify(output(transform(batch)['points'])))
        rows = in_order(batches, clean)
        require_same_alone(lambda chosen: output(read(chosen)['points']), rows)
        labels = np.asarray(test.labels, dtype=np.int64)
        accuracy = {case: overall_accuracy(labels, in_order(batches, parts)) for case, parts in predicted.items()}
        means = {
            f'oa/{name}': float(np.mean([accuracy[name, level] for level in self.severities])) for name in CORRUPTIONS
        }
        about = json.dumps([test.fingerprint, context.num_points, SEED, Corruption.version])
        own = {
            'corruptions': list(CORRUPTIONS),
            'severities': list(self.severities),
            'corruption_seed': SEED,
            'clouds': f'on the fly {hashlib.sha256(about.encode()).hexdigest()[:16]}',
        }
        found = classified(labels, classify(rows), test.classes, own)
        every = {f'oa/{name}/{level}': value for (name, level), value in accuracy.items()}
        metrics = {**found.metrics, 'oa_corrupted': float(np.mean(list(means.values()))), **means, **every}
        pretrained = context.inputs.get('classifier', {'pretrained': context.inputs.get('weights')})['pretrained']
        value = {'metrics': metrics, 'protocol': own, 'pretrained': pretrained}
        return dataclasses.replace(found, metrics=metrics, value=value)


@dataclass(frozen=True)
class FrozenCorruption(Corruption):
    """A linear SVM on frozen features under the corruptions of ModelNet-C; it is fitted on clean clouds.

    Attributes:
        C: inverse strength of the regularization of the SVM.
    """

    C: float = C

    name, requires = 'corruption_svm', FEATURES

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Fit on the clean features of the labeled objects, then measure encoder and SVM as one classifier."""
        transforms = evaluation_transforms(context.num_points)
        svm = linear_svm(*context.cache.get(encoder, data.train, transforms, context.device), self.C, context.seed)
        found = self.corrupted(encoder, svm.predict, data.test, context)
        own = {'C': self.C, 'train_samples': len(data.train)}
        return dataclasses.replace(found, protocol={**found.protocol, **own})
