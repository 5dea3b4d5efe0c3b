"""The contrastive loss of a pretraining on objects that were never pretrained on.

Source: the test-loss curves of arXiv 2302.02318, which compare plain cross-modal contrast (CMC) with ReCon on objects
outside the pretraining data. Its values were not found.

Traps: the "contrast" of the released code is a regression of the teachers' features by smooth L1, without negatives, so
that is the loss here wherever a config says no other; InfoNCE and retrieval over the whole set stand beside it, a
yardstick that neither method was trained by. The sum runs over image and text alone: reconstruction has no part in it.
ReCon trains on masked clouds and CMC on whole ones: whole clouds for both is the main figure, clouds masked as in
pretraining a second one. The released code pretrains on the test split of ShapeNet as well; a set that was seen shows
no test loss. Clouds are upright and not augmented, the targets are those of the first view and of the plain caption.
Objects that share a caption are wrong answers to each other in InfoNCE of the text, for every method alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.protocols.base import ALIGNED, Context, Data, Protocol, slower
from benchmarks.protocols.features import clouds, evaluation_transforms
from benchmarks.protocols.measurement import Measurement
from benchmarks.protocols.zero_shot import alignments
from zoo.backbones import StudentOutput
from zoo.errors import UsageError
from zoo.objectives import AlignModality
from zoo.objectives.losses import LOSSES, info_nce
from zoo.teachers import FeatureBank

TEMPERATURE = 0.1
"""Of the InfoNCE that no method was trained by."""

MASK_SEED, BATCH = 0, 128
"""Masks of pretraining are drawn from this seed, batch by batch, so that every student sees the same ones."""


@dataclass(frozen=True)
class HeldOutLoss(Protocol):
    """Contrastive loss of a pretrained student on held-out objects."""

    name, requires, learns, suite, title = 'test_loss', ALIGNED, False, None, 'contrastive loss'
    recorded, metric = 'contrastive_test_loss', 'loss'

    def seconds(self, settings: Mapping[str, Any]) -> float:
        """Guess, without the features of the teachers, which are computed once."""
        return 3 + 4 * slower(settings)

    def run(self, encoder: Any, data: Data, context: Context) -> Measurement:
        """Measure a :class:`zoo.models.Pretrainer` and its projections.

        Returns:
            ``loss``, the weighted sum of the training losses of all modalities; ``loss_masked``, the same under masks
            where the method masks; ``loss_constant`` of predicting the mean of the targets; and ``loss``, ``info_nce``
            and ``recall`` (in percent, the own target comes first) of every modality after a stroke. Lower is better
            but for the last.

        Raises:
            UsageError: the student is aligned with nothing.
        """
        objectives = alignments(encoder)
        if not objectives:
            raise UsageError(
                'this student is aligned with no teacher, so it has no contrastive loss: choose cmc or recon'
            )
        targets = teacher_features(encoder, data.test, context.device)
        metrics = held_out_losses(encoder, data.test, targets, context.num_points, context.device)
        own = {
            'subsample': 'fps',
            'loss': ', '.join(sorted({entry.loss for entry in objectives.values()})),
            'modalities': sorted(objectives),
            'temperature': TEMPERATURE,
            'masks': f'none; loss_masked: as in pretraining, seed {MASK_SEED}, batches of {BATCH}',
        }
        return Measurement(metrics, own)


def teacher_features(model: Any, data: Any, device: str = 'cpu') -> dict[str, Tensor]:
    """Features (S, D) of the frozen teachers for every object, as the batch has them; kept in the feature bank."""
    found = {}
    for name, teacher in model.teachers().items():
        bank = FeatureBank.build(teacher, data, views=1, device=device, progress=False)
        found[f'{name}_feature'] = bank.lookup(np.arange(len(data)))
    return found


@torch.inference_mode()
def held_out_losses(
    model: Any, data: Any, targets: Mapping[str, Tensor], num_points: int, device: str = 'cpu'
) -> dict[str, float]:
    """Figures of :meth:`HeldOutLoss.run`.

    Args:
        model: pretrained student; put into eval mode.
        data: dataset of S objects.
        targets: features (S, D) by ``<modality>_feature``.
        num_points: number of points of a cloud, chosen by FPS.
        device: ``cpu`` or ``cuda``.
    """
    objectives = alignments(model)
    model.eval().to(device)
    placed = {name: target.to(device) for name, target in targets.items()}
    names = {entry.query for entry in objectives.values() if entry.query}
    queries = _queries(model, names, data, num_points, device, masked=False)
    each = {name: _loss(entry, queries, placed) for name, entry in objectives.items()}
    found = {'loss': sum(each.values())} | {f'loss/{name}': value for name, value in each.items()}
    constant = 0.0
    for name, entry in objectives.items():
        prediction, target = entry.projection(queries[entry.query]).float(), entry.target(placed).float()
        if entry.target_norm == 'layer':
            target = F.layer_norm(target, target.shape[-1:], eps=1e-8)
        constant += float(entry.weight * LOSSES[entry.loss](target.mean(0).expand_as(target), target))
        found[f'info_nce/{name}'] = float(info_nce(prediction, target, TEMPERATURE))
        # A target that several objects share is right for each of them.
        cosines = F.normalize(prediction, dim=-1) @ F.normalize(target, dim=-1).T
        found[f'recall/{name}'] = float(100.0 * (cosines.diagonal() >= cosines.amax(1) - 1e-6).float().mean())
    found['loss_constant'] = constant
    if model.mask is not None:
        hidden = _queries(model, names, data, num_points, device, masked=True)
        found['loss_masked'] = sum(_loss(entry, hidden, placed) for entry in objectives.values())
    return found


def _queries(
    model: Any, names: Collection[str], data: Any, num_points: int, device: str, masked: bool
) -> dict[str, Tensor]:
    """Global queries (S, C) of every object by name, or what stands for them."""
    found: dict[str, list[Tensor]] = {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(MASK_SEED)
        for points in clouds(data, evaluation_transforms(num_points), BATCH, device):
            output = model.encode(points) if masked else model.backbone(points)
            for name in names:
                found.setdefault(name, []).append(output.global_feature(name))
    return {name: torch.cat(parts) for name, parts in found.items()}


def _loss(objective: AlignModality, queries: dict[str, Tensor], targets: dict[str, Tensor]) -> float:
    """Weighted loss of an objective over all objects at once, by the function that trains it."""
    nothing = next(iter(queries.values())).new_zeros(0)
    return float(objective.weight * objective(StudentOutput(queries, nothing, nothing, nothing), targets))
