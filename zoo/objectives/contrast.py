"""Contrast objects with each other within the point modality."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.backbones import StudentOutput
from zoo.objectives.base import Objective
from zoo.registry import OBJECTIVES


def class_contrast(embedding: Tensor, class_id: Tensor, temperature: float = 0.1) -> Tensor:
    """Supervised contrast: objects of one class against the others (arXiv 2302.02318).

    For every object the positive logit is the mean similarity to its class within the batch, itself included, and the
    negatives are all objects of other classes.

    Args:
        embedding: unit vectors (B, D).
        class_id: (B,) integers.
        temperature: divides the similarities.
    """
    logits = embedding @ embedding.T / temperature
    same = class_id[:, None] == class_id[None, :]
    positive = (logits * same).sum(1) / same.sum(1)
    candidates = torch.cat([positive[:, None], logits.masked_fill(same, -torch.inf)], dim=1)
    return (candidates.logsumexp(dim=1) - positive).mean()


@OBJECTIVES.register_module()
class SingleModalContrast(Objective):
    """Contrast of the projected ``cls`` query with positives given by the class.

    Supervised: it reads ``batch['class_id']``, or ``batch['label']``. The reference compares category texts, which is
    the same partition.

    Args:
        name: name of the objective.
        embed_dim: channels C of the student.
        query: name of the global query.
        hidden_dim: width of the projection.
        temperature: divides the similarities.
        weight: factor of the loss.
    """

    def __init__(
        self,
        name: str,
        embed_dim: int,
        query: str = 'cls',
        hidden_dim: int = 128,
        temperature: float = 0.1,
        weight: float = 1.0,
    ) -> None:
        super().__init__(name, weight)
        self.query = query
        self.temperature = temperature
        self.projection = nn.Sequential(
            nn.Linear(embed_dim, hidden_dim),
            nn.BatchNorm1d(hidden_dim),
            nn.ReLU(inplace=True),
            nn.Linear(hidden_dim, hidden_dim),
            nn.BatchNorm1d(hidden_dim),
        )

    def forward(self, output: StudentOutput, batch: dict[str, Any]) -> Tensor:
        """Mean contrast loss of the batch.

        Raises:
            ValueError: the batch names no classes.
        """
        class_id = batch.get('class_id', batch.get('label'))
        if class_id is None:
            raise ValueError(f"objective '{self.name}' needs 'class_id' or 'label' in the batch")
        embedding = F.normalize(self.projection(output.queries[self.query]).float(), dim=-1)
        return class_contrast(embedding, class_id, self.temperature)
