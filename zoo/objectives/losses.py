"""Losses between a student's prediction and a teacher's feature."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

FeatureLoss = Callable[[Tensor, Tensor], Tensor]


def cosine_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """One minus the mean cosine of predictions and targets, both (B, D)."""
    return 1 - F.cosine_similarity(prediction, target, dim=-1).mean()


def info_nce(prediction: Tensor, target: Tensor, temperature: Tensor | float = 0.07) -> Tensor:
    """Symmetric InfoNCE over the batch: row i of each side belongs to row i of the other (arXiv 2103.00020).

    Args:
        prediction: (B, D).
        target: (B, D).
        temperature: divides the cosines.
    """
    logits = F.normalize(prediction, dim=-1) @ F.normalize(target, dim=-1).T / temperature
    labels = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2


LOSSES: dict[str, FeatureLoss] = {
    # Parity: the reference regresses unnormalised features with smooth L1; there are no negatives.
    'smooth_l1': F.smooth_l1_loss,
    'mse': F.mse_loss,
    'cosine': cosine_loss,
    'info_nce': info_nce,
}
