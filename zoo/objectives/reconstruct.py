"""Reconstruct the masked groups."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from zoo import ops
from zoo.backbones import Backbone, StudentOutput
from zoo.objectives.masked import MaskedObjective
from zoo.registry import OBJECTIVES, TEACHERS


@OBJECTIVES.register_module()
class ReconstructPoints(MaskedObjective):
    """Predict the points of masked groups; the teacher is the cloud itself (arXiv 2203.06604).

    Args:
        name: name of the objective.
        student: the backbone, with K points in a group.
        decoder: arguments of the decoder, see :class:`MaskedObjective`.
        norm: 2 for Chamfer-L2 (squared), 1 for Chamfer-L1.
        teacher: config of the local teacher, which turns neighborhoods (B, M, K, 3) into the target points.
        weight: factor of the loss.
    """

    def __init__(
        self,
        name: str,
        student: Backbone,
        decoder: dict[str, Any] | None,
        norm: int = 2,
        teacher: dict[str, Any] | None = None,
        weight: float = 1.0,
    ) -> None:
        super().__init__(name, student, decoder, weight)
        if norm not in (1, 2):
            raise ValueError(f'norm of the Chamfer distance must be 1 or 2, got {norm}')
        self.norm = norm
        self.group_size = student.group_size
        self.teacher = TEACHERS.build(teacher or {'type': 'PointIdentity'})
        self.head = nn.Linear(self.token_dim, 3 * student.group_size)

    def forward(self, output: StudentOutput, batch: dict[str, Any]) -> Tensor:
        """Mean Chamfer distance between predicted and true points of the masked groups.

        Raises:
            ValueError: the batch was not masked, so there is nothing to reconstruct.
        """
        tokens = self.masked_tokens(output)
        predicted = self.head(tokens).unflatten(-1, (self.group_size, 3))
        target = self.teacher(output.at_masked(output.neighborhoods.flatten(2)).unflatten(-1, (-1, 3)))
        return ops.chamfer_distance(predicted.flatten(0, 1), target.flatten(0, 1), norm=self.norm)
