"""Clouds of a dataset as every frozen protocol sees them, without pictures and texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.protocols.features import evaluation_transforms
from zoo.registry import TRANSFORMS


def clouds(data: Any, num_points: int, batch_size: int, device: str = 'cpu') -> Iterator[Tensor]:
    """Yield points (B, N, 3) of all objects in order: N by FPS, then scaled to the unit sphere.

    Args:
        data: an ObjectDataset.
        num_points: N.
        batch_size: B, but for the last batch.
        device: where they are put.
    """
    chain = [TRANSFORMS.build(config) for config in evaluation_transforms(num_points)]
    for start in range(0, len(data), batch_size):
        found = data.gather_points(np.arange(start, min(start + batch_size, len(data))))
        batch = {'points': torch.from_numpy(np.ascontiguousarray(found)).float().to(device)}
        for transform in chain:
            batch = transform(batch)
        yield batch['points']
