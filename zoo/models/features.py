"""Features of whole clouds for protocols that do not train the network."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from zoo.models.base import PointModel
from zoo.registry import MODELS


@MODELS.register_module()
class FeatureExtractor(PointModel):
    """A backbone and a pooling; it has nothing to train.

    Args:
        backbone: config of the student.
        pool: pooling, see :meth:`StudentOutput.pool`.
        data_preprocessor: config of the batched transforms.
    """

    def __init__(
        self, backbone: dict[str, Any], pool: str = 'svm', data_preprocessor: dict[str, Any] | None = None
    ) -> None:
        super().__init__(backbone, data_preprocessor)
        self.pool = pool

    def extract(self, points: Tensor, **batch: Any) -> Tensor:
        """Features (B, F) of clouds (B, N, 3)."""
        return self.backbone.forward_features(points, self.pool)
