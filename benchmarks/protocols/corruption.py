"""Accuracy under corruptions.

Source: ModelNet-C, arXiv 2202.03377: seven corruptions at five severities; what the accuracies are made into is in
:mod:`benchmarks.protocols.corruption_errors`. Traps: sampling or normalising after the corruption undoes a part of it;
models that were trained with one of the corruptions as augmentation, such as scaling or jitter, are not comparable with
those that were not; the last batch must not be dropped.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.svm import LinearSVC
from torch import Tensor, nn

from benchmarks.protocols.base import CLASSIFIER, FEATURES, Context, Data, Protocol
from benchmarks.protocols.corruption_errors import OFFICIAL
from benchmarks.protocols.features import (
    evaluation_transforms,
    extract_features,
    in_order,
    require_finite,
    require_same_alone,
    shuffled_batches,
    usual_batch_size,
)
from benchmarks.protocols.measurement import Measurement, classified
from zoo.datasets.layouts.modelnet_c import ModelNetC
from zoo.engine.metrics import overall_accuracy
from zoo.registry import TRANSFORMS
from zoo.transforms import CORRUPTIONS, SEVERITIES


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
        found = measure_corruption(
            encoder, data.test, context.num_points, severities=self.severities, device=context.device
        )
        pretrained = context.inputs.get('classifier', {'pretrained': context.inputs.get('weights')})['pretrained']
        value = {'metrics': found.metrics, 'protocol': found.protocol, 'pretrained': pretrained}
        return dataclasses.replace(found, value=value)


@dataclass(frozen=True)
class FrozenCorruption(Corruption):
    """A linear SVM on frozen features under the corruptions of ModelNet-C; it is fitted on clean clouds.

    Attributes:
        severities: severities from 1 to 5.
        C: inverse strength of the regularisation of the SVM.
    """

    C: float = 0.075

    name, requires = 'corruption_svm', FEATURES

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Fit on the clean features of the labelled objects, then measure encoder and SVM as one classifier."""
        begin = time.perf_counter()
        transforms = evaluation_transforms(context.num_points)
        features, labels = context.cache.get(encoder, data.train, transforms, context.device)
        svm = LinearSVC(C=self.C, dual='auto', max_iter=10_000, random_state=context.seed).fit(features, labels)
        found = super().run(_Linear(encoder, svm, len(data.test.classes)), data, context)
        pooling = getattr(encoder, 'pool', self.pool)
        own = {'name': self.name, 'C': self.C, 'pooling': pooling, 'train_samples': len(data.train)}
        return dataclasses.replace(found, protocol={**found.protocol, **own}, seconds=time.perf_counter() - begin)


class _Linear(nn.Module):
    """Logits (B, classes) of a fitted linear SVM on the features of an encoder; classes it never saw never win."""

    weight: Tensor
    bias: Tensor

    def __init__(self, encoder: nn.Module, svm: LinearSVC, num_classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        rows, offsets = svm.coef_, svm.intercept_
        if len(svm.classes_) == 2:  # scikit-learn keeps one row then
            rows, offsets = np.concatenate([-rows, rows]), np.concatenate([-offsets, offsets])
        weight = torch.zeros(num_classes, rows.shape[1], dtype=torch.float64)
        bias = torch.full((num_classes,), -1e9, dtype=torch.float64)
        weight[svm.classes_], bias[svm.classes_] = torch.from_numpy(rows), torch.from_numpy(offsets)
        self.register_buffer('weight', weight)
        self.register_buffer('bias', bias)

    def forward(self, points: Tensor) -> Tensor:
        return nn.functional.linear(self.encoder(points).double(), self.weight, self.bias)


@torch.inference_mode()
def measure_corruption(
    model: nn.Module,
    test: Any,
    num_points: int,
    corruptions: Sequence[str] = CORRUPTIONS,
    severities: Sequence[int] = SEVERITIES,
    seed: int = 0,
    batch_size: int | None = None,
    device: str = 'cpu',
) -> Measurement:
    """Measure a classifier on clean clouds and on every corruption of them, made on the fly.

    Clouds are cut to ``num_points`` by FPS and brought into the unit sphere, then corrupted, and go to the model as
    they are: sampling after the corruption would undo a part of it.

    Args:
        model: maps points (B, N, 3) of any N to logits (B, classes); put into eval mode.
        test: labelled dataset.
        num_points: points per cloud before the corruption; 1024 in ModelNet-C.
        corruptions: names, see :class:`zoo.transforms.Corrupt`.
        severities: 1 to 5.
        seed: of the corruptions.
        batch_size: samples at a time, see :func:`usual_batch_size`; batches do not influence each other.
        device: where the model runs.

    Returns:
        ``oa`` and ``macc`` of the clean clouds, ``oa/<corruption>/<severity>``, ``oa/<corruption>`` (mean over
        severities) and ``oa_corrupted`` (mean over corruptions); predictions are those of the clean clouds.

    Raises:
        UsageError: the output for a cloud depends on the clouds beside it.
    """
    begin = time.perf_counter()
    model.eval().to(device)
    prepare = [TRANSFORMS.build(config) for config in evaluation_transforms(num_points)]
    corrupt = {
        (name, severity): TRANSFORMS.build({'type': 'Corrupt', 'corruption': name, 'severity': severity, 'seed': seed})
        for name in corruptions
        for severity in severities
    }

    def prepared(chosen: np.ndarray) -> dict[str, Any]:
        whole = test.__getitems__(chosen.tolist())
        batch = {key: whole[key].to(device) for key in ('points', 'index')}
        for transform in prepare:
            batch = transform(batch)
        return batch

    batches = shuffled_batches(len(test), batch_size or usual_batch_size(device))
    clean: list[np.ndarray] = []
    corrupted: dict[tuple[str, int], list[np.ndarray]] = {case: [] for case in corrupt}
    for chosen in batches:
        batch = prepared(chosen)
        clean.append(_logits(model, batch['points'], test))
        for case, transform in corrupt.items():
            corrupted[case].append(_logits(model, transform(batch)['points'], test).argmax(axis=1))
    logits = in_order(batches, clean)
    require_same_alone(lambda chosen: _logits(model, prepared(chosen)['points'], test), logits)
    labels = np.asarray(test.labels, dtype=np.int64)
    accuracy = {case: overall_accuracy(labels, in_order(batches, parts)) for case, parts in corrupted.items()}
    protocol = {
        **_settings(corruptions, severities),
        'points': num_points,
        'corruption_seed': seed,
        'clouds': _clouds_digest(test.fingerprint, num_points, seed),
    }
    seconds = time.perf_counter() - begin
    return _summary(classified(labels, logits.argmax(axis=1), test.classes, protocol, seconds), accuracy)


def measure_modelnet_c(
    model: nn.Module,
    data_root: str | Path | None = None,
    corruptions: Sequence[str] = CORRUPTIONS,
    severities: Sequence[int] = SEVERITIES,
    batch_size: int | None = None,
    device: str = 'cpu',
) -> Measurement:
    """Measure a classifier of ModelNet40 on the files of ModelNet-C, whose clouds go to the model as they are.

    Args:
        model: maps points (B, N, 3) of any N to logits (B, 40); put into eval mode.
        data_root: folder that holds ``modelnet_c``; the data root of the user by default.
        corruptions: names, see :class:`zoo.transforms.Corrupt`.
        severities: 1 to 5, which the files count from 0 to 4.
        batch_size: samples at a time, see :func:`usual_batch_size`.
        device: where the model runs.

    Returns:
        As :func:`measure_corruption`.

    Raises:
        UsageError: a file is missing or damaged.
    """
    begin = time.perf_counter()
    clean = ModelNetC('clean', data_root=data_root)
    logits, labels = extract_features(model, clean, batch_size=batch_size, device=device)
    accuracy = {}
    for name in corruptions:
        for severity in severities:
            corrupted = ModelNetC(name, severity, data_root=data_root)
            found, truth = extract_features(model, corrupted, batch_size=batch_size, device=device)
            accuracy[name, severity] = overall_accuracy(truth, found.argmax(axis=1))
    protocol = {**_settings(corruptions, severities), 'points': clean[0]['points'].shape[0], 'clouds': OFFICIAL}
    seconds = time.perf_counter() - begin
    return _summary(classified(labels, logits.argmax(axis=1), clean.classes, protocol, seconds), accuracy)


def _logits(model: nn.Module, points: torch.Tensor, test: Any) -> np.ndarray:
    """Logits (B, classes) of clouds (B, N, 3)."""
    logits: np.ndarray = model(points).float().cpu().numpy()
    require_finite(logits, model, test)
    return logits


def _settings(corruptions: Sequence[str], severities: Sequence[int]) -> dict[str, Any]:
    """What a protocol says of the corruptions."""
    said = {'name': Corruption.name, 'version': Corruption.version, 'voting': 'none'}
    return {**said, 'corruptions': list(corruptions), 'severities': list(severities)}


def _clouds_digest(fingerprint: str, num_points: int, seed: int) -> str:
    """Name of clouds that were corrupted here."""
    parts = json.dumps([fingerprint, num_points, seed, Corruption.version])
    return f'on the fly {hashlib.sha256(parts.encode()).hexdigest()[:16]}'


def _summary(found: Measurement, accuracy: Mapping[tuple[str, int], float]) -> Measurement:
    """The measurement of the clean clouds with the accuracies of the corrupted ones."""
    metrics = {f'oa/{name}/{severity}': value for (name, severity), value in accuracy.items()}
    means = {}
    for name in found.protocol['corruptions']:
        means[f'oa/{name}'] = float(np.mean([accuracy[name, level] for level in found.protocol['severities']]))
    overall = {'oa_corrupted': float(np.mean(list(means.values())))}
    return dataclasses.replace(found, metrics={**found.metrics, **overall, **means, **metrics})
