"""A head trained on frozen features: MLP-Linear and MLP-3.

Source: the transfer protocols of arXiv 2302.02318 and 2212.08320: a linear layer, or three layers with batch norm and
dropout, on [every query, max over patches]. Traps: in the released code "frozen" also trains the class token and its
position, moves batch norm and keeps stochastic depth on, and the best epoch is chosen on the test split; here the
student is in evaluation mode, nothing of it is trained, features are computed once without augmentation, and the last
epoch counts. The features are standardized by the training set's mean and deviation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.protocols.base import Context, Data, Protocol
from benchmarks.protocols.features import require_finite
from benchmarks.protocols.measurement import Measurement, classified
from zoo.errors import Diverged
from zoo.layers import build_head

HEADS = {'linear': 'MLP-Linear', 'mlp3': 'MLP-3'}


class _Standardize(nn.Module):
    """Zero mean and unit variance by the statistics of the training features; constant channels become zero."""

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, rows: torch.Tensor) -> None:
        super().__init__()
        deviation = rows.std(dim=0, correction=0)
        self.register_buffer('mean', rows.mean(dim=0))
        self.register_buffer('scale', torch.where(deviation > 1e-6, 1.0 / deviation, 0.0))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map features (B, F) to the same shape."""
        return (features - self.mean) * self.scale


@dataclass(frozen=True)
class Probe(Protocol):
    """MLP-Linear or MLP-3 on frozen features.

    Attributes:
        head: ``linear`` (MLP-Linear) or ``mlp3`` (MLP-3).
        head_epochs: length of the training of the head.
        lr: peak learning rate.
        weight_decay: decay of every parameter.
        batch_size: number of rows of a step.
    """

    head: str = 'linear'
    head_epochs: int = 100
    lr: float = 1e-3
    weight_decay: float = 0.05
    batch_size: int = 64

    name, suite, pool = 'probe', 'frozen', 'cls'
    official = ('scanobjectnn-obj_bg', 'scanobjectnn-obj_only', 'scanobjectnn-pb_t50_rs', 'modelnet40')
    note = 'Nothing of the student is trained, not even its class token, unlike the released code; last epoch.'
    literature = {'MLP-LINEAR': 'linear', 'MLP-3': 'mlp3'}

    @classmethod
    def planned(cls, profile: Any) -> list[Probe]:
        """Both heads."""
        return [cls(head, profile.head_epochs) for head in HEADS]

    @property
    def column(self) -> str:
        """Header of the column."""
        return HEADS[self.head]

    @property
    def recorded(self) -> str:
        """Name in records."""
        return self.head

    @property
    def task(self) -> str:
        """What the literature calls the task."""
        return super().task if self.head == 'linear' else '3D Point Cloud Classification'

    def trained(self, features: np.ndarray, labels: np.ndarray, num_classes: int, seed: int = 0) -> nn.Module:
        """Train a head by AdamW with a cosine rate, on standardized features.

        An incomplete batch is left out unless it is the only one.

        Args:
            features: features (S, F).
            labels: labels (S,).
            num_classes: number of classes.
            seed: random seed of initialization, order and dropout.

        Returns:
            The head in evaluation mode, standardization included: features (B, F) to logits (B, classes).

        Raises:
            Diverged: its weights are not finite at the end.
        """
        generator = torch.Generator().manual_seed(seed)
        rows, targets = torch.from_numpy(features).float(), torch.from_numpy(labels).long()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = nn.Sequential(_Standardize(rows), build_head(self.head, rows.shape[1], num_classes)).train()
            optimizer = torch.optim.AdamW(model.parameters(), lr=self.lr, weight_decay=self.weight_decay)
            size = min(self.batch_size, len(rows))
            steps = len(rows) // size
            schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, self.head_epochs * steps))
            for _ in range(self.head_epochs):
                order = torch.randperm(len(rows), generator=generator)
                for chosen in order[: steps * size].view(steps, size):
                    optimizer.zero_grad()
                    F.cross_entropy(model(rows[chosen]), targets[chosen]).backward()
                    optimizer.step()
                    schedule.step()
        if not all(bool(torch.isfinite(tensor).all()) for tensor in model.state_dict().values()):
            raise Diverged(
                f'the head {self.head!r} diverged at lr {self.lr:g} on {len(rows)} features: choose a lower rate'
            )
        return model.eval()

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Train the head on the features of the labeled objects, on the CPU, and predict the others."""
        features, labels, test_features, test_labels = context.features(encoder, data)
        trained = self.trained(features, labels, len(data.test.classes), context.seed)
        with torch.inference_mode():
            logits = trained(torch.from_numpy(test_features).float()).numpy()
        require_finite(logits, trained, data.test)
        own = {
            'frozen': 'whole student, evaluation mode',
            'augmentation': [],
            'train_samples': len(data.train),
            'epochs': self.head_epochs,
            **{name: getattr(self, name) for name in ('lr', 'weight_decay', 'batch_size')},
        }
        return classified(test_labels, logits.argmax(axis=1), data.test.classes, own)
