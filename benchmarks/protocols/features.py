"""Features of a whole dataset by a frozen model, computed once and shared by every protocol that reads them.

What a model is given: points, and nothing else. Not the labels; not the place of an object in a test set that is sorted
by class, because clouds are measured in a shuffled order; not the other clouds of the batch, because the model is in
evaluation mode and some clouds are measured a second time, each beside a copy of itself, and have to come out the same.
A model that knows more than that is refused instead of measured.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.records.files import read_array, write_array
from zoo.datasets.base import ObjectSubset
from zoo.errors import UsageError
from zoo.models.preprocess import build_transforms, transformed
from zoo.tensors import tensor_digest

Transforms = Sequence[dict[str, Any]]

ORDER_SEED = 20231
"""Of the order in which clouds are measured."""

BATCH_SIZE = {'cpu': 16, 'cuda': 128}
"""Clouds at a time. On a CPU the activations of 128 leave the cache: 16 were 1.4 times as fast (nano, 512 points)."""

MOST_PREPARED = 2**29
"""Bytes of clouds that are kept after the transforms; larger sets are transformed for every model."""

ALONE = 5
"""Clouds that are measured a second time, each beside nothing but itself."""

ALIKE = 0.01
"""Largest distance between both features, relative to their length; rounding is far below it."""


def usual_batch_size(device: str) -> int:
    """Clouds at a time on a device, such as ``cpu`` or ``cuda:0``, where nothing else is asked for."""
    return BATCH_SIZE[torch.device(device).type]


def cloud_reader(
    dataset: Any, transforms: Transforms = (), device: str = 'cpu'
) -> Callable[[np.ndarray], dict[str, Tensor]]:
    """A function from positions (B,) to ``points`` (B, N, 3) after the transforms and ``index`` (B,), and nothing else.

    Args:
        dataset: ObjectDataset; neither labels nor pictures nor texts of it are read.
        transforms: configs of batched transforms.
        device: device that the points are put on and transformed on.
    """
    chain = build_transforms(transforms)

    def read(chosen: np.ndarray) -> dict[str, Tensor]:
        points = torch.from_numpy(np.ascontiguousarray(dataset.gather_points(chosen))).float()
        return transformed({'points': points.to(device), 'index': torch.from_numpy(chosen).to(device)}, chain)

    return read


def clouds(dataset: Any, transforms: Transforms, batch_size: int, device: str = 'cpu') -> Iterator[Tensor]:
    """Yield points (B, N, 3) of all objects in order, after the transforms."""
    read = cloud_reader(dataset, transforms, device)
    for start in range(0, len(dataset), batch_size):
        yield read(np.arange(start, min(start + batch_size, len(dataset))))['points']


@torch.inference_mode()
def extract_features(
    model: nn.Module,
    dataset: Any,
    transforms: Transforms = (),
    device: str = 'cpu',
    prepared: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Features (S, F), float32, and labels (S,), int64, of every sample, in order.

    Args:
        model: module from points (B, N, 3) to features (B, F); put into eval mode.
        dataset: ObjectDataset.
        transforms: configs of the batched transforms applied before the model.
        device: ``cpu`` or ``cuda``.
        prepared: clouds (S, N, 3) after the transforms, where they are at hand.

    Raises:
        UsageError: a feature is no finite number, or the features of a cloud depend on the clouds beside it.
    """
    model.eval().to(device)
    read = cloud_reader(dataset, transforms, device)

    def measured(chosen: np.ndarray) -> np.ndarray:
        points = read(chosen)['points'] if prepared is None else torch.from_numpy(prepared[chosen]).to(device)
        rows: np.ndarray = model(points).float().cpu().numpy()
        return rows

    batches = shuffled_batches(len(dataset), usual_batch_size(device))
    features = in_order(batches, [measured(chosen) for chosen in batches])
    require_finite(features, model, dataset)
    require_same_alone(measured, features)
    return features, np.asarray(dataset.labels, dtype=np.int64)


def shuffled_batches(size: int, batch_size: int) -> list[np.ndarray]:
    """Positions of all clouds in batches, the last of which may be smaller; the order says nothing of classes."""
    order = np.random.default_rng(ORDER_SEED).permutation(size)
    return [order[start : start + batch_size] for start in range(0, size, batch_size)]


def in_order(batches: Sequence[np.ndarray], rows: Sequence[np.ndarray]) -> np.ndarray:
    """Rows (B, ...) of the batches of :func:`shuffled_batches`, put together in dataset order (S, ...)."""
    return np.concatenate(rows)[np.argsort(np.concatenate(batches))]


def require_finite(rows: np.ndarray, model: Any, dataset: Any) -> None:
    """Refuse features or logits (S, F) that no figure may be made of: the largest of NaNs is the first class.

    Args:
        rows: features or logits (S, F).
        model: model that they come from.
        dataset: dataset that they are of.

    Raises:
        UsageError: a number is not finite.
    """
    bad = int((~np.isfinite(rows).reshape(len(rows), -1).all(axis=1)).sum())
    if bad:
        encoder = type(getattr(model, 'backbone', model)).__name__
        data = ' '.join(str(part) for part in (type(dataset).__name__, getattr(dataset, 'split', '')) if part)
        raise UsageError(
            f'the output of {encoder} is not finite for {bad} of {len(rows)} inputs from {data}: its weights or they '
            'are broken'
        )


def require_same_alone(measured: Callable[[np.ndarray], np.ndarray], features: np.ndarray) -> None:
    """Refuse features that depend on what else is in the batch.

    Neighbors at equal distance may be chosen differently in another batch, so most clouds have to agree, not all.

    Args:
        measured: function from positions (B,) to features (B, F).
        features: features (S, F) of all clouds, measured in batches.

    Raises:
        UsageError: most of a few clouds have other features when they are alone.
    """
    chosen = np.unique(np.linspace(0, len(features) - 1, ALONE).astype(np.int64))
    # Twice the same cloud, because some layers refuse a batch of one.
    alone = np.concatenate([measured(np.repeat(place, 2))[:1] for place in chosen])
    distance = np.linalg.norm(alone - features[chosen], axis=1)
    length = np.maximum(np.linalg.norm(features[chosen], axis=1), 1e-12)
    if np.sum(~(distance <= ALIKE * length)) * 2 > len(chosen):
        raise UsageError(
            'the output for a cloud depends on the clouds beside it in the batch: a model has to see every cloud by '
            'itself (batch norm without running statistics, or a layer across the batch, does not)'
        )


def evaluation_transforms(num_points: int) -> list[dict[str, Any]]:
    """What every frozen protocol does to a cloud: ``num_points`` by FPS, then the unit sphere."""
    return [{'type': 'FPSSubsample', 'num_points': num_points}, {'type': 'UnitSphere'}]


@dataclass(frozen=True)
class FeatureCache:
    """Features on disk, by everything they depend on: tensors, pooling, data and transforms.

    Attributes:
        folder: place of the files; None computes features every time.
    """

    folder: Path | None = None

    def get(
        self, model: nn.Module, dataset: Any, transforms: Transforms = (), device: str = 'cpu'
    ) -> tuple[np.ndarray, np.ndarray]:
        """Features (S, F) and labels (S,), read if they are there; see :func:`extract_features`.

        Those of a subset are rows of the whole set's, which other seeds and protocols read too.
        """
        if self.folder is None:
            return extract_features(model, dataset, transforms, device=device)
        if isinstance(dataset, ObjectSubset):
            features, labels = self.get(model, dataset.parent, transforms, device)
            return features[dataset.indices], labels[dataset.indices]
        path = self.folder / f'{self.key(model, dataset, transforms)}.npy'
        labels = np.asarray(dataset.labels, dtype=np.int64)
        found = _kept(path, len(labels))
        if found is None:
            # Clouds after the transforms are made of each by itself, without randomness, and shown to every model:
            # sampling 512 points of 2048 takes half as long as a nano student.
            prepared = None
            sampled = next((step['num_points'] for step in transforms if step['type'] == 'FPSSubsample'), None)
            if sampled is not None and len(dataset) * sampled * 12 <= MOST_PREPARED:
                parts = json.dumps([dataset.fingerprint, list(transforms)], sort_keys=True, default=str)
                place = self.folder / 'clouds' / f'{hashlib.sha256(parts.encode()).hexdigest()[:32]}.npy'
                prepared = _kept(place, len(dataset))
                if prepared is None:
                    prepared = np.concatenate([points.numpy() for points in clouds(dataset, transforms, 64)])
                    write_array(place, prepared)
            found, _ = extract_features(model, dataset, transforms, device=device, prepared=prepared)
            write_array(path, found)
        return found, labels

    def key(self, model: nn.Module, dataset: Any, transforms: Transforms) -> str:
        """Name of the file."""
        # ``repr`` of a model does not show plain attributes such as the pooling or the number of groups.
        plain = sorted(
            f'{name}.{key}={value}'
            for name, module in model.named_modules()
            for key, value in vars(module).items()
            if isinstance(value, str | int | float | bool | tuple) and not key.startswith('_') and key != 'training'
        )
        parts = [repr(model), tensor_digest(model.state_dict()), plain, dataset.fingerprint, list(transforms)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _kept(path: Path, rows: int) -> np.ndarray | None:
    """Array of a file; None, with a warning where it is no longer what was written, otherwise."""
    try:
        content: np.ndarray = read_array(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = str(error)
    else:
        if len(content) == rows:
            return content
        reason = f'it has {len(content)} rows, expected {rows}'
    logging.getLogger(__name__).warning('%s is damaged and made again: %s', path, reason)
    return None
