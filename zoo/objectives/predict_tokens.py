"""Predict what a learned tokenizer says about the masked groups: their ids, or their features."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from zoo.backbones import Backbone, StudentOutput
from zoo.objectives.losses import LOSSES
from zoo.objectives.masked import MaskedObjective
from zoo.registry import OBJECTIVES, TEACHERS

FEATURE_LOSSES = ('cosine', 'smooth_l1', 'mse')
TARGET_NORMS = ('none', 'layer')


@OBJECTIVES.register_module()
class PredictTokens(MaskedObjective):
    """Name the masked groups as a tokenizer does, by cross-entropy over its vocabulary (Point-BERT, arXiv 2111.14819).

    Args:
        name: name of the objective.
        student: the backbone.
        teacher: config of the tokenizer.
        decoder: arguments of the decoder, see :class:`MaskedObjective`; None in Point-BERT, which replaces masked
            tokens.
        label_smoothing: label smoothing of the cross-entropy.
        weight: factor of the loss.
    """

    def __init__(
        self,
        name: str,
        student: Backbone,
        teacher: dict[str, Any],
        decoder: dict[str, Any] | None = None,
        label_smoothing: float = 0.0,
        weight: float = 1.0,
    ) -> None:
        super().__init__(name, student, decoder, weight)
        self.teacher = TEACHERS.build(teacher)
        self.head = nn.Linear(self.token_dim, self.teacher.num_tokens)
        self.label_smoothing = label_smoothing

    def forward(self, output: StudentOutput, batch: dict[str, Any]) -> Tensor:
        """Mean cross-entropy over the masked groups, in nats."""
        logits = self.head(self.masked_tokens(output)).float()
        target = self.teacher.tokens(output.neighborhoods, output.centers).gather(1, output.masked)
        return F.cross_entropy(logits.flatten(0, 1), target.flatten(), label_smoothing=self.label_smoothing)


@OBJECTIVES.register_module()
class PredictFeatures(MaskedObjective):
    """Regress the features that a tokenizer has of the masked groups (ACT, arXiv 2212.08320).

    Args:
        name: name of the objective.
        student: the backbone.
        teacher: config of the tokenizer.
        decoder: arguments of the decoder, see :class:`MaskedObjective`; ACT drops masked tokens and has two blocks.
        loss: ``cosine`` (ACT), ``smooth_l1`` or ``mse``.
        target_norm: ``none``, or ``layer``: zero mean and unit variance per target.
        weight: factor of the loss.

    Raises:
        ValueError: unknown loss or norm.
    """

    def __init__(
        self,
        name: str,
        student: Backbone,
        teacher: dict[str, Any],
        decoder: dict[str, Any] | None = None,
        loss: str = 'cosine',
        target_norm: str = 'none',
        weight: float = 1.0,
    ) -> None:
        super().__init__(name, student, decoder, weight)
        if loss not in FEATURE_LOSSES:
            raise ValueError(f"unknown loss '{loss}': choose one of {', '.join(FEATURE_LOSSES)}")
        if target_norm not in TARGET_NORMS:
            raise ValueError(f"unknown target_norm '{target_norm}': choose one of {', '.join(TARGET_NORMS)}")
        self.loss = loss
        self.target_norm = target_norm
        self.teacher = TEACHERS.build(teacher)
        self.head = nn.Linear(self.token_dim, self.teacher.embed_dim)

    def forward(self, output: StudentOutput, batch: dict[str, Any]) -> Tensor:
        """Mean loss over the masked groups."""
        prediction = self.head(self.masked_tokens(output)).float()
        features = self.teacher((output.neighborhoods, output.centers))
        target = output.at_masked(features)
        if self.target_norm == 'layer':
            target = F.layer_norm(target, target.shape[-1:], eps=1e-8)
        return LOSSES[self.loss](prediction, target)
