"""A model and a dataset small enough to train in a second, and a hook that kills the process; for configs of tests."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from torch import nn

from zoo.datasets.base import ObjectDataset
from zoo.registry import DATASETS, HOOKS, MODELS

CLASSES = ('ball', 'box', 'cone')


class Encoder(nn.Sequential):
    """A sequence with a forward of its own: torch does not compile its own containers."""

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        for layer in self:
            points = layer(points)
        return points


@MODELS.register_module()
class DummyClassifier(BaseModel):
    """Mean over points of an MLP, with batch norm, dropout, and noise from the global generator."""

    def __init__(self, width: int = 8, frozen: bool = False, noise: float = 0.1, dropout: float = 0.2) -> None:
        super().__init__(data_preprocessor=None)
        self.backbone = Encoder(
            nn.Linear(3, width), nn.BatchNorm1d(width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, width)
        )
        self.token = nn.Parameter(torch.zeros(1, width))
        self.unused = nn.Parameter(torch.ones(2, 2))
        self.head = nn.Linear(width, len(CLASSES))
        self.noise = noise
        if frozen:
            self.backbone.requires_grad_(False)

    def forward(self, points: torch.Tensor, mode: str = 'tensor', **batch: Any) -> Any:
        if mode == 'loss' and self.noise:
            points = points + self.noise * torch.randn_like(points)
        flat = self.backbone(points.flatten(0, 1)).view(*points.shape[:2], -1)
        logits = self.head(flat.mean(1) + self.token)
        if mode == 'loss':
            return {'loss': nn.functional.cross_entropy(logits.float(), batch['label'])}
        if mode == 'predict':
            columns = {'logits': logits, 'pred': logits.argmax(-1), 'label': batch['label'], 'index': batch['index']}
            return [{key: value[i] for key, value in columns.items()} for i in range(len(logits))]
        return logits

    def no_weight_decay(self) -> set[str]:
        return {'token'}

    def layer_groups(self) -> list[list[str]]:
        stem = [f'backbone.{name}' for name, _ in self.backbone.named_parameters()]
        return [stem[:2], stem[2:], [name for name, _ in self.named_parameters() if not name.startswith('backbone')]]


@DATASETS.register_module()
class DummyShapes(ObjectDataset):
    """Random clouds whose spread tells the class; every read draws jitter from torch's generator."""

    def __init__(self, num_objects: int = 24, jitter: float = 0.05, seed: int = 0) -> None:
        super().__init__()
        draws = np.random.default_rng(seed)
        self.classes = CLASSES
        self.labels = np.arange(num_objects) % len(CLASSES)
        scale = 1.0 + self.labels[:, None, None]
        self.clouds = (scale * draws.standard_normal((num_objects, 16, 3))).astype(np.float32)
        self.fingerprint = f'dummy-{num_objects}-{seed}'
        self.jitter = jitter

    def points(self, index: int) -> np.ndarray:
        return self.clouds[index] + self.jitter * torch.randn(16, 3).numpy()


@DATASETS.register_module()
class FixedShapes(DummyShapes):
    """The same clouds in every read, with a part for every point."""

    def points(self, index: int) -> np.ndarray:
        return self.clouds[index]

    def part(self, index: int) -> np.ndarray:
        return (self.clouds[index][:, 0] > 0).astype(np.int64)


class Stopped(Exception):
    """Ends a training early."""


class StopHook(Hook):
    """Leaves the training as an exception would, right after iteration ``at``."""

    priority = 'LOWEST'

    def __init__(self, at: int) -> None:
        self.at = at

    def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        if runner.iter == self.at:
            raise Stopped


@HOOKS.register_module()
class KillHook(Hook):
    """Tells the process to stop in iteration ``at``; kills it, as a power cut would, while a checkpoint is written."""

    priority = 'LOWEST'

    def __init__(self, at: int = -1, in_save_of_epoch: int = -1) -> None:
        self.at, self.in_save_of_epoch = at, in_save_of_epoch

    def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        if runner.iter == self.at:
            os.kill(os.getpid(), signal.SIGTERM)

    def before_save_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        if runner.epoch + 1 == self.in_save_of_epoch:
            half = Path(runner.work_dir) / f'.epoch_{runner.epoch + 1}.pth.unfinished'
            half.write_bytes(b'half of a checkpoint')
            os.kill(os.getpid(), signal.SIGKILL)
