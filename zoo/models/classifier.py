"""Classification of whole clouds by fine-tuning."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from zoo.layers import build_head
from zoo.models.base import PointModel, per_sample
from zoo.registry import MODELS


@MODELS.register_module()
class PointClassifier(PointModel):
    """A backbone and a head on [every query, max over patches] (arXiv 2302.02318).

    Args:
        backbone: config of the student; ReCon fine-tunes with ``stop_gradient=False``.
        num_classes: number of classes.
        head: kind of the head, see :func:`zoo.layers.build_head`.
        label_smoothing: label smoothing of the cross-entropy.
        data_preprocessor: config of the batched transforms.
    """

    def __init__(
        self,
        backbone: dict[str, Any],
        num_classes: int,
        head: str = 'mlp3',
        label_smoothing: float = 0.0,
        data_preprocessor: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor)
        self.head = build_head(head, self.backbone.pooled_features('cls'), num_classes)
        self.label_smoothing = label_smoothing

    def extract(self, points: Tensor, **batch: Any) -> Tensor:
        """Logits (B, classes) of clouds (B, N, 3)."""
        return self.head(self.backbone.forward_features(points, 'cls'))

    def loss(self, points: Tensor, **batch: Any) -> dict[str, Tensor]:
        """Cross-entropy against ``batch['label']`` (B,), plus the backbone's penalties, which are also shown apart."""
        output = self.backbone(points)
        logits = self.head(output.pool('cls')).float()
        loss = F.cross_entropy(logits, batch['label'], label_smoothing=self.label_smoothing)
        shown = {name: value.detach() for name, value in output.penalties.items()}
        return {'loss': loss + sum(output.penalties.values())} | shown

    def predict(self, points: Tensor, **batch: Any) -> list[dict[str, Tensor]]:
        """One dict per sample: ``logits`` (classes,), ``pred`` and whatever ``label`` and ``index`` the batch has."""
        logits = self.extract(points).float()
        return per_sample({'logits': logits, 'pred': logits.argmax(-1)}, batch)
