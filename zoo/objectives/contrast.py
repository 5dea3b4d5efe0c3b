"""Contrast objects with each other within the point modality: with classes, or without."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from zoo.backbones import Backbone, StudentOutput
from zoo.objectives.base import Objective
from zoo.objectives.losses import class_contrast, view_contrast
from zoo.registry import OBJECTIVES


class _PointContrast(Objective):
    """Projection of one global query to unit vectors.

    Args:
        name: name of the objective.
        student: the backbone.
        query: name of the global query.
        hidden_dim: width D of the projection.
        temperature: divides the similarities.
        weight: factor of the loss.

    Raises:
        ValueError: the temperature is not positive.
    """

    def __init__(
        self,
        name: str,
        student: Backbone,
        query: str = 'cls',
        hidden_dim: int = 128,
        temperature: float = 0.1,
        weight: float = 1.0,
    ) -> None:
        super().__init__(name, weight)
        if temperature <= 0:
            raise ValueError(f"temperature of objective '{name}' must be positive, got {temperature}")
        self.query: str = query
        self.temperature = temperature
        self.projection = nn.Sequential(
            nn.Linear(student.global_features, hidden_dim),
            nn.BatchNorm1d(hidden_dim),
            nn.ReLU(inplace=True),
            nn.Linear(hidden_dim, hidden_dim),
            nn.BatchNorm1d(hidden_dim),
        )

    def embed(self, output: StudentOutput) -> Tensor:
        """Unit vectors (B, D) of one view."""
        return F.normalize(self.projection(output.global_feature(self.query)).float(), dim=-1)


@OBJECTIVES.register_module()
class ClassContrast(_PointContrast):
    """Supervised: positives are the objects of the same class (the SMC of arXiv 2302.02318).

    It reads ``batch['class_id']``, or ``batch['label']``. The reference compares category texts, which is the same
    partition. For contrast without labels see :class:`ViewContrast`. Arguments: ``query`` (``cls``), ``hidden_dim``
    (128), ``temperature`` (0.1), ``weight``.
    """

    def forward(self, output: StudentOutput, batch: dict[str, Any]) -> Tensor:
        """Mean contrast loss of the batch.

        Raises:
            ValueError: the batch names no classes.
        """
        class_id = batch.get('class_id', batch.get('label'))
        if class_id is None:
            raise ValueError(f"objective '{self.name}' needs 'class_id' or 'label' in the batch")
        return class_contrast(self.embed(output), class_id, self.temperature)


@OBJECTIVES.register_module()
class ViewContrast(_PointContrast):
    """Self-supervised: the positive of an object is another augmented view of it (SimCLR, arXiv 2002.05709).

    It reads no labels. The pretrainer encodes the second view and hands it over as ``output.second``. Arguments:
    ``query`` (``cls``), ``hidden_dim`` (128), ``temperature`` (0.1), ``weight``.
    """

    needs_second_view = True

    def forward(self, output: StudentOutput, batch: dict[str, Any]) -> Tensor:
        """Mean contrast loss of the batch.

        Raises:
            ValueError: the second view is missing.
        """
        if output.second is None:
            raise ValueError(f"objective '{self.name}' needs a second view: 'output.second' is missing")
        return view_contrast(self.embed(output), self.embed(output.second), self.temperature)
