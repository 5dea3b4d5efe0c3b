"""Random weights as a baseline of frozen protocols.

Trap: batch norm of an untrained student has mean 0 and variance 1, and patches have variances about 1e-5. Such weights
hardly see the shape of a patch, only where it lies: too weak a baseline for students whose norms have seen data. So it
gets its statistics from clouds of the training split, without labels.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from benchmarks.protocols.features import Transforms, cloud_reader, shuffled_batches, usual_batch_size
from zoo.datasets.base import ObjectSubset

CLOUDS = 128
"""Number of clouds that the statistics are taken from."""


@torch.no_grad()
def update_norm_statistics(
    model: nn.Module, dataset: Any, transforms: Transforms = (), device: str = 'cpu'
) -> dict[str, int]:
    """Give the batch norms of a model the mean statistics of batches of clouds; no other tensor moves.

    Args:
        model: module from points (B, N, 3) to features; left in evaluation mode.
        dataset: training split; of a subset, the whole that it was drawn from, so that all draws share the statistics.
        transforms: configs of the batched transforms applied before the model.
        device: ``cpu`` or ``cuda``.

    Returns:
        What a record says of it.
    """
    whole = dataset.parent if isinstance(dataset, ObjectSubset) else dataset
    read, size = cloud_reader(whole, transforms, device), min(len(whole), usual_batch_size(device))
    batches = shuffled_batches(len(whole), size)[: -(-CLOUDS // size)]
    model.eval().to(device)
    norms = {module: module.momentum for module in model.modules() if isinstance(module, _BatchNorm)}
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches
        norm.train()
    for chosen in batches:
        model(read(chosen)['points'])
    for norm, momentum in norms.items():
        norm.momentum = momentum
    model.eval()
    return {'norm_clouds': sum(map(len, batches))}
