"""Losses between a student's prediction and a teacher's feature, or between objects."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from zoo import ops
from zoo.objectives.gather import gather_rows

FeatureLoss = Callable[[Tensor, Tensor], Tensor]


def cosine_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """One minus the mean cosine of predictions and targets, both (B, D)."""
    return 1 - F.cosine_similarity(prediction, target, dim=-1).mean()


SAME = 1 - 1e-4
"""Cosine above which two targets are one: equal texts differ by rounding alone."""


def info_nce(
    prediction: Tensor, target: Tensor, temperature: Tensor | float = 0.07, spare_equal: bool = False
) -> Tensor:
    """Symmetric InfoNCE over the batch of all processes: row i of each side belongs to row i of the other.

    Args:
        prediction: (B, D).
        target: (B, D).
        temperature: divides the cosines.
        spare_equal: whether objects with the same target, such as the name of their class, are no negatives of each
            other; they would be pushed from what they are pulled to (as in UniCL, arXiv 2204.03610).

    Source: arXiv 2103.00020.
    """
    prediction, target = F.normalize(prediction.float(), dim=-1), F.normalize(target.float(), dim=-1)
    every_prediction, offset = gather_rows(prediction)
    every_target, _ = gather_rows(target)
    labels = offset + torch.arange(len(prediction), device=prediction.device)
    logits = torch.stack([similarities(prediction, every_target), similarities(target, every_prediction)]) / temperature
    if spare_equal:
        equal = similarities(target, every_target) > SAME
        equal[torch.arange(len(labels), device=labels.device), labels] = False
        logits = logits.masked_fill(equal, -torch.inf)
    return F.cross_entropy(logits.flatten(0, 1), labels.repeat(2))


def class_contrast(embedding: Tensor, class_id: Tensor, temperature: float = 0.1) -> Tensor:
    """Supervised contrast: objects of one class against the others (arXiv 2302.02318).

    For every object the positive logit is the mean similarity to its class within the batch of all processes, itself
    included, and the negatives are all objects of other classes.

    Args:
        embedding: unit vectors (B, D).
        class_id: (B,) integers.
        temperature: divides the similarities.
    """
    logits = similarities(embedding, gather_rows(embedding)[0]) / temperature
    same = class_id[:, None] == gather_rows(class_id)[0][None, :]
    positive = (logits * same).sum(1) / same.sum(1)
    candidates = torch.cat([positive[:, None], logits.masked_fill(same, -torch.inf)], dim=1)
    return (candidates.logsumexp(dim=1) - positive).mean()


def view_contrast(first: Tensor, second: Tensor, temperature: float = 0.1) -> Tensor:
    """NT-Xent of SimCLR: two views of an object against every other view in the batch (arXiv 2002.05709).

    Each of the 2 B rows is told from all other rows of all processes; its positive is the other view of its object.

    Args:
        first: unit vectors (B, D) of one view.
        second: unit vectors (B, D) of the other.
        temperature: divides the similarities.
    """
    size = len(first)
    rows = torch.cat([first, second])
    every, offset = gather_rows(rows)
    own = offset + torch.arange(2 * size, device=rows.device)
    logits = (similarities(rows, every) / temperature).scatter(1, own[:, None], -torch.inf)
    return F.cross_entropy(logits, own.roll(size))


def similarities(a: Tensor, b: Tensor) -> Tensor:
    """Products (M, N) of rows (M, D) and (N, D) in full precision: a temperature magnifies rounding errors."""
    with ops.full_precision(a.device):
        return a.float() @ b.float().T


LOSSES: dict[str, FeatureLoss] = {
    # Parity: the reference regresses unnormalized features with smooth L1; there are no negatives.
    'smooth_l1': F.smooth_l1_loss,
    'mse': F.mse_loss,
    'cosine': cosine_loss,
    'info_nce': functools.partial(info_nce, spare_equal=True),
}
