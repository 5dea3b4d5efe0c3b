"""Predict what a moving average of the student, which sees the whole cloud, makes of the masked groups."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.backbones import Backbone, StudentOutput
from zoo.errors import UsageError
from zoo.objectives.masked import MaskedObjective
from zoo.registry import OBJECTIVES, TEACHERS


@OBJECTIVES.register_module()
class PredictLayers(MaskedObjective):
    """Regress the mean of the teacher's last layers at the masked groups (Point2Vec, arXiv 2303.16570).

    Every layer's token is normalized to zero mean and unit variance over its channels, and so is their mean; the loss
    is a smooth L1. With ``decoder=None`` and a student that replaces masked tokens it is data2vec on points, the
    paper's baseline.

    Parity: the released code averages the blocks alone and feeds them the student's patch tokens; here the teacher
    averages the embedding too and normalizes by running statistics. There attention has biases and a dropout of 0.05.

    Args:
        name: name of the objective.
        student: the backbone.
        decoder: arguments of the decoder, see :class:`MaskedObjective`.
        layers: number K of last layers that are averaged.
        teacher: config of the teacher; :class:`zoo.teachers.MovingAverage` with its own defaults where there is none.
        beta: error up to which the loss is quadratic.
        weight: factor of the loss.

    Raises:
        UsageError: the student has fewer layers.
    """

    requires = MaskedObjective.requires | {'layers'}

    def __init__(
        self,
        name: str,
        student: Backbone,
        decoder: dict[str, Any] | None,
        layers: int = 6,
        teacher: dict[str, Any] | None = None,
        beta: float = 2.0,
        weight: float = 1.0,
    ) -> None:
        super().__init__(name, student, decoder, weight)
        if not 0 < layers <= student.depth:
            raise UsageError(f"objective '{name}': layers={layers} of a student that has {student.depth}")
        self.layers, self.beta = layers, beta
        self.teacher = TEACHERS.build({'type': 'MovingAverage', **(teacher or {}), 'student': student})
        self.head = nn.Linear(self.token_dim, student.embed_dim)

    def forward(self, output: StudentOutput, batch: dict[str, Any]) -> Tensor:
        """Mean smooth L1 over channels and masked groups."""
        prediction = self.head(self.masked_tokens(output)).float()
        target = output.at_masked(self.targets(output))
        return F.smooth_l1_loss(prediction, target, beta=self.beta)

    @torch.no_grad()
    def targets(self, output: StudentOutput) -> Tensor:
        """What the teacher says of all groups (B, G, C), from the very groups that the student saw a part of."""
        # Points are not read where groups are given; new ones would be cut in another order by another backend.
        seen = self.teacher(output.centers, groups=(output.neighborhoods, output.centers), return_layers=True)
        tokens = [F.layer_norm(layer.float(), layer.shape[-1:]) for layer in seen.layers[-self.layers :]]
        return F.layer_norm(torch.stack(tokens).mean(0), tokens[0].shape[-1:])

    def after_step(self, student: Backbone, progress: float) -> None:
        """Let the teacher follow."""
        self.teacher.after_step(student, progress)
