"""Reconstruct masked groups at the places that the student itself predicts for them."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from zoo.backbones import Backbone, StudentOutput
from zoo.layers import waves
from zoo.objectives.reconstruct import ReconstructPoints
from zoo.registry import OBJECTIVES


@OBJECTIVES.register_module()
class PredictCenters(ReconstructPoints):
    """Point-MAE whose decoder is not told where the masked groups are (PCP-MAE, arXiv 2408.08753).

    The student encodes what masked groups look like and not where they are; a head reads their waves
    (:func:`zoo.layers.waves`) off that, by a squared error, and the decoder gets these predictions for positions. No
    gradient flows from the decoder to them.

    Parity: the released encoder and decoder share one position embedding, here each has its own, as in Point-MAE; there
    paths of visible and of masked tokens are dropped independently. The rest follows it: head, learned position of the
    masked tokens, last norm.

    Args:
        name: name of the objective.
        student: the backbone, with ``masked_tokens='unplace'``; its visible tokens need not have ``waves`` for
            positions, as they have in the paper.
        decoder: arguments of the decoder, see :class:`MaskedObjective`.
        norm: norm of the Chamfer distance, see :class:`ReconstructPoints`.
        teacher: config of the teacher, see :class:`ReconstructPoints`.
        center_weight: factor of the squared error beside the Chamfer distance.
        weight: factor of the loss.
    """

    requires = ReconstructPoints.requires | {'unplaced'}

    def __init__(
        self,
        name: str,
        student: Backbone,
        decoder: dict[str, Any],
        norm: int = 2,
        teacher: dict[str, Any] | None = None,
        center_weight: float = 0.1,
        weight: float = 1.0,
    ) -> None:
        width = student.embed_dim
        super().__init__(name, student, {**decoder, 'position_dim': width}, norm, teacher, weight)
        self.center_weight = center_weight
        self.centers = nn.Sequential(nn.Linear(width, width), nn.LayerNorm(width), nn.ReLU(), nn.Linear(width, width))

    def forward(self, output: StudentOutput, batch: dict[str, Any]) -> Tensor:
        """Mean Chamfer distance of the masked groups, and the mean squared error of their centers' waves.

        Raises:
            ValueError: the batch was not masked.
        """
        distance = super().forward(output, batch)
        predicted = self.centers(output.unplaced).float()
        target = waves(output.at_masked(output.centers), predicted.shape[-1])
        return distance + self.center_weight * F.mse_loss(predicted, target.float())

    def places(self, output: StudentOutput) -> tuple[Tensor, Tensor]:
        """Waves of the visible groups (B, V, C), and those that are predicted for the masked ones (B, M, C)."""
        predicted = self.centers(output.unplaced).detach()
        return waves(output.at_visible(output.centers), predicted.shape[-1]), predicted
