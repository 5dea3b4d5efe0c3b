"""Zero-shot classification by the text teacher's class embeddings."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from zoo.models.base import PointModel
from zoo.registry import MODELS


@MODELS.register_module()
class ZeroShotClassifier(PointModel):
    """Projected queries in the space that image and text teacher share (arXiv 2302.02318).

    Args:
        backbone: config of the student, with ``image`` and ``text`` among its queries where it has any.
        target_dim: width D of the shared space.
        ratio: weight of the text projection beside the image projection.
        data_preprocessor: config of the batched transforms.
    """

    def __init__(
        self,
        backbone: dict[str, Any],
        target_dim: int,
        ratio: float = 0.25,
        data_preprocessor: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor)
        self.image_projection = nn.Linear(self.backbone.global_features, target_dim)
        self.text_projection = nn.Linear(self.backbone.global_features, target_dim)
        self.ratio = ratio

    def extract(self, points: Tensor, **batch: Any) -> Tensor:
        """``ratio * text projection + image projection`` (B, D) of clouds (B, N, 3), not normalized."""
        output = self.backbone(points)
        image, text = (output.global_feature(name) for name in ('image', 'text'))
        return self.ratio * self.text_projection(text) + self.image_projection(image)

    def classify(self, points: Tensor, class_features: Tensor) -> Tensor:
        """Cosine (B, classes) of clouds (B, N, 3) to text features (classes, D)."""
        features = F.normalize(self.extract(points), dim=-1)
        return features @ F.normalize(class_features.to(features.dtype), dim=-1).T
