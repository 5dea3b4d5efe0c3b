"""Align a global query with a teacher of another modality."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.backbones import Backbone, StudentOutput
from zoo.objectives.base import Objective
from zoo.objectives.losses import LOSSES, info_nce
from zoo.registry import OBJECTIVES, TEACHERS

TARGET_NORMS = ('none', 'layer')


class Alignment(Objective):
    """A linear map from what describes a cloud to the features of a teacher of another modality.

    Args:
        name: name of the objective.
        student: the backbone.
        modality: ``image`` or ``text``.
        teacher: config of the teacher; None when features always come with the batch.
        target_dim: width D of the target; the teacher's by default.
        weight: factor of the loss.

    Raises:
        ValueError: neither teacher nor target_dim.
    """

    def __init__(
        self,
        name: str,
        student: Backbone,
        modality: str,
        teacher: dict[str, Any] | None,
        target_dim: int | None,
        weight: float,
    ) -> None:
        super().__init__(name, weight)
        self.modality = modality
        self.teacher = None if teacher is None else TEACHERS.build(teacher)
        if target_dim is None:
            if self.teacher is None:
                raise ValueError(f"objective '{self.name}' needs a teacher or a target_dim")
            target_dim = self.teacher.embed_dim
        self.projection = nn.Linear(student.global_features, target_dim)

    def target(self, batch: dict[str, Any]) -> Tensor:
        """The teacher's feature (B, D) of every sample, or those of several views (B, V, D) where the batch has them.

        Raises:
            ValueError: the batch has neither the feature nor the input of the teacher.
        """
        feature = batch.get(f'{self.modality}_feature')
        if feature is not None:
            return feature
        if self.teacher is None or batch.get(self.modality) is None:
            raise ValueError(
                f"objective '{self.name}' found neither '{self.modality}_feature' nor a teacher with '{self.modality}' "
                'in the batch'
            )
        return self.teacher(batch[self.modality])

    def teachers(self) -> dict[str, nn.Module]:
        """The teacher by its modality, when it is frozen."""
        return {self.modality: self.teacher} if self.teacher is not None and self.teacher.frozen else {}


@OBJECTIVES.register_module()
class AlignModality(Alignment):
    """Project one global query and compare it with a teacher's feature of the same object (arXiv 2302.02318).

    The target is ``batch['<modality>_feature']`` (B, D) where a feature bank has put it, else the teacher's output for
    ``batch['<modality>']``.

    Args:
        name: name of the objective.
        student: the backbone.
        query: name of the global query; the objective's name by default.
        modality: ``image`` or ``text``; the query's name by default.
        teacher: config of the teacher; None when features always come with the batch.
        target_dim: width D of the target; the teacher's by default.
        loss: ``smooth_l1`` (the reference), ``mse``, ``cosine`` or ``info_nce``, whose negatives are the objects of the
            batch, those of other processes included, that have another target.
        temperature: of ``info_nce``.
        learn_temperature: make it a trained scalar, kept as its logarithm.
        target_norm: ``none``, or ``layer``: zero mean and unit variance per target, so that teachers whose features
            have another scale (MiniLM's are unit vectors) weigh as much as the other losses.
        weight: factor of the loss.

    Raises:
        ValueError: unknown loss or norm, or neither teacher nor target_dim.
    """

    def __init__(
        self,
        name: str,
        student: Backbone,
        query: str | None = None,
        modality: str | None = None,
        teacher: dict[str, Any] | None = None,
        target_dim: int | None = None,
        loss: str = 'smooth_l1',
        temperature: float = 0.07,
        learn_temperature: bool = False,
        target_norm: str = 'none',
        weight: float = 1.0,
    ) -> None:
        if loss not in LOSSES:
            raise ValueError(f"unknown loss '{loss}': choose one of {', '.join(LOSSES)}")
        if target_norm not in TARGET_NORMS:
            raise ValueError(f"unknown target_norm '{target_norm}': choose one of {', '.join(TARGET_NORMS)}")
        super().__init__(name, student, modality or query or name, teacher, target_dim, weight)
        self.query: str = query or name
        self.loss = loss
        self.target_norm = target_norm
        self.temperature = temperature
        self.log_temperature = nn.Parameter(torch.tensor(math.log(temperature))) if learn_temperature else None

    def forward(self, output: StudentOutput, batch: dict[str, Any]) -> Tensor:
        """Mean loss between the projected query and the target.

        Raises:
            ValueError: the batch has neither the feature nor the input of the teacher.
        """
        target = self.target(batch).float()
        if self.target_norm == 'layer':
            target = F.layer_norm(target, target.shape[-1:], eps=1e-8)
        prediction = self.projection(output.global_feature(self.query)).float()
        if self.loss == 'info_nce':
            return info_nce(prediction, target, self.current_temperature(), spare_equal=True)
        return LOSSES[self.loss](prediction, target)

    def current_temperature(self) -> Tensor | float:
        """The temperature of InfoNCE; a learned one is kept at 0.01 or above as CLIP does (arXiv 2103.00020)."""
        if self.log_temperature is None:
            return self.temperature
        with torch.no_grad():  # the parameter itself: a clamped output would have no gradient that leads back
            self.log_temperature.clamp_(min=math.log(0.01))
        return self.log_temperature.exp()
