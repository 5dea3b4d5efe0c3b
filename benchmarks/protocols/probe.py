"""A head trained on frozen features: MLP-Linear and MLP-3.

Source: the transfer protocols of arXiv 2302.02318 and 2212.08320: a linear layer, or three layers with batch norm and
dropout, on [every query, max over patches]. Traps: in the released code "frozen" also trains the class token and its
position, moves batch norm and keeps stochastic depth on, and the best epoch is chosen on the test split; here the
student is in evaluation mode, nothing of it is trained, features are computed once without augmentation, and the last
epoch counts. The features are standardised by the training set's mean and deviation.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.protocols.features import FeatureCache, evaluation_transforms, require_finite
from benchmarks.protocols.measurement import Measurement, classified
from zoo.errors import Diverged
from zoo.layers import build_head

HEADS = ('linear', 'mlp3')


def train_head(
    features: np.ndarray,
    labels: np.ndarray,
    num_classes: int,
    head: str = 'linear',
    epochs: int = 100,
    lr: float = 1e-3,
    weight_decay: float = 0.05,
    batch_size: int = 64,
    seed: int = 0,
) -> nn.Module:
    """Train a head by AdamW with a cosine rate, on standardised features.

    Args:
        features: (S, F).
        labels: (S,).
        num_classes: number of classes.
        head: ``linear`` or ``mlp3``.
        epochs: over the training set.
        lr: peak rate.
        weight_decay: of every parameter.
        batch_size: rows of a step; the last, incomplete one of an epoch is left out unless it is the only one.
        seed: of initialisation, order and dropout.

    Returns:
        The head in evaluation mode, standardisation included: features (B, F) to logits (B, classes).

    Raises:
        Diverged: its weights are not finite at the end.
    """
    generator = torch.Generator().manual_seed(seed)
    rows, targets = torch.from_numpy(features).float(), torch.from_numpy(labels).long()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = nn.Sequential(_Standardise(rows), build_head(head, rows.shape[1], num_classes)).train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=weight_decay)
        size = min(batch_size, len(rows))
        steps = len(rows) // size
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, epochs * steps))
        for _ in range(epochs):
            order = torch.randperm(len(rows), generator=generator)
            for chosen in order[: steps * size].view(steps, size):
                optimizer.zero_grad()
                F.cross_entropy(model(rows[chosen]), targets[chosen]).backward()
                optimizer.step()
                schedule.step()
    if not all(bool(torch.isfinite(tensor).all()) for tensor in model.state_dict().values()):
        raise Diverged(f'the head {head!r} diverged at lr {lr:g} on {len(rows)} features: choose a lower rate')
    return model.eval()


class _Standardise(nn.Module):
    """Zero mean and unit variance by the statistics of the training features; constant channels become zero."""

    def __init__(self, rows: torch.Tensor) -> None:
        super().__init__()
        deviation = rows.std(dim=0, correction=0)
        self.register_buffer('mean', rows.mean(dim=0))
        self.register_buffer('scale', torch.where(deviation > 1e-6, 1.0 / deviation, 0.0))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map features (B, F) to the same shape."""
        return (features - self.mean) * self.scale


def measure_probe(
    model: Any,
    train: Any,
    test: Any,
    num_points: int,
    head: str = 'linear',
    seed: int = 0,
    device: str = 'cpu',
    cache: FeatureCache | None = None,
    **settings: Any,
) -> Measurement:
    """Measure a frozen feature extractor by a head trained on it.

    Args:
        model: maps points (B, N, 3) to features (B, F), pooled by ``cls``.
        train: labelled dataset the head is trained on.
        test: dataset it is measured on.
        num_points: points per cloud, chosen by FPS.
        head: ``linear`` (MLP-Linear) or ``mlp3`` (MLP-3).
        seed: of the head.
        device: where the student runs; the head is trained on the CPU.
        cache: of features.
        settings: of :func:`train_head`.
    """
    begin = time.perf_counter()
    cache, transforms = cache or FeatureCache(), evaluation_transforms(num_points)
    train_features, train_labels = cache.get(model, train, transforms, device)
    test_features, test_labels = cache.get(model, test, transforms, device)
    used = {'epochs': 100, 'lr': 1e-3, 'weight_decay': 0.05, 'batch_size': 64, **settings}
    trained = train_head(train_features, train_labels, len(test.classes), head, seed=seed, **used)
    with torch.inference_mode():
        logits = trained(torch.from_numpy(test_features).float()).numpy()
    require_finite(logits, trained, test)
    predicted = logits.argmax(axis=1)
    protocol = {
        'name': head,
        'version': 1,
        'frozen': 'whole student, evaluation mode',
        'pooling': model.pool,
        'augmentation': [],
        'epoch_selection': 'last',
        'voting': 'none',
        'points': num_points,
        'train_samples': len(train),
        **used,
    }
    return classified(test_labels, predicted, test.classes, protocol, time.perf_counter() - begin)
