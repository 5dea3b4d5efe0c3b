"""Features of a whole dataset by a frozen model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from zoo.registry import TRANSFORMS


@torch.inference_mode()
def extract_features(
    model: nn.Module,
    dataset: Any,
    transforms: Sequence[dict[str, Any]] = (),
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
