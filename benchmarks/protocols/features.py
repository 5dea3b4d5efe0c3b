"""Features of a whole dataset by a frozen model, computed once and shared by every protocol that reads them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from zoo.registry import TRANSFORMS

Transforms = Sequence[dict[str, Any]]


@torch.inference_mode()
def extract_features(
    model: nn.Module,
    dataset: Any,
    transforms: Transforms = (),
    batch_size: int = 128,
    device: str = 'cpu',
) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels of every sample, in order.

    Args:
        model: maps points (B, N, 3) to features (B, F); put into eval mode.
        dataset: an ObjectDataset.
        transforms: configs of the batched transforms applied before the model.
        batch_size: samples at a time; batches do not influence each other in eval mode.
        device: where the model runs.

    Returns:
        Features (S, F) float32 and labels (S,) int64.
    """
    model.eval().to(device)
    chain = [TRANSFORMS.build(dict(cfg)) for cfg in transforms]
    features = []
    for start in range(0, len(dataset), batch_size):
        batch = dataset.__getitems__(list(range(start, min(start + batch_size, len(dataset)))))
        batch = {key: value.to(device) for key, value in batch.items() if isinstance(value, torch.Tensor)}
        for transform in chain:
            batch = transform(batch)
        features.append(model(batch['points']).float().cpu().numpy())
    return np.concatenate(features), np.asarray(dataset.labels, dtype=np.int64)


def evaluation_transforms(num_points: int) -> list[dict[str, Any]]:
    """What every frozen protocol does to a cloud: ``num_points`` by FPS, then the unit sphere."""
    return [{'type': 'FPSSubsample', 'num_points': num_points}, {'type': 'UnitSphere'}]


def model_digest(model: nn.Module) -> str:
    """SHA-256 of every tensor of a model, and of what it is called and built of."""
    digest = hashlib.sha256(repr(model).encode())
    for key, value in sorted(model.state_dict().items()):
        digest.update(f'{key} {value.dtype} {tuple(value.shape)}'.encode())
        digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class FeatureCache:
    """Features on disk, by everything they depend on: tensors, pooling, data and transforms.

    Attributes:
        folder: where they are kept; None computes them every time.
    """

    folder: Path | None = None

    def get(
        self, model: nn.Module, dataset: Any, transforms: Transforms = (), device: str = 'cpu'
    ) -> tuple[np.ndarray, np.ndarray]:
        """Features (S, F) and labels (S,), read if they are there; see :func:`extract_features`."""
        if self.folder is None:
            return extract_features(model, dataset, transforms, device=device)
        path = self.folder / f'{self.key(model, dataset, transforms)}.npy'
        labels = np.asarray(dataset.labels, dtype=np.int64)
        found = _read(path, len(labels))
        if found is not None:
            return found, labels
        features, labels = extract_features(model, dataset, transforms, device=device)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f'.{os.getpid()}.tmp')
        with temporary.open('wb') as file:
            np.save(file, features, allow_pickle=False)
        temporary.replace(path)
        return features, labels

    def key(self, model: nn.Module, dataset: Any, transforms: Transforms) -> str:
        """Name of the file."""
        # ``repr`` of a model does not show plain attributes such as the pooling or the number of groups.
        plain = sorted(
            f'{name}.{key}={value}'
            for name, module in model.named_modules()
            for key, value in vars(module).items()
            if isinstance(value, str | int | float | bool | tuple) and not key.startswith('_') and key != 'training'
        )
        parts = [model_digest(model), plain, dataset.fingerprint, list(transforms)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _read(path: Path, rows: int) -> np.ndarray | None:
    """Features of a file, or None when it is not there or not whole."""
    try:
        features: np.ndarray = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return features if features.ndim == 2 and len(features) == rows else None
