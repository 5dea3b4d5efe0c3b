"""Move a batch to the model's device and augment it there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor

from zoo.registry import MODELS, TRANSFORMS


@MODELS.register_module()
class BatchPreprocessor(BaseDataPreprocessor):
    """Batched transforms, on the device where the batch lives.

    Args:
        train: configs of the transforms applied in training.
        test: configs of those applied in validation and test.
        non_blocking: copy to the device asynchronously.
    """

    def __init__(
        self,
        train: Sequence[dict[str, Any]] = (),
        test: Sequence[dict[str, Any]] = (),
        non_blocking: bool = True,
    ) -> None:
        super().__init__(non_blocking)
        self.train_transforms = [TRANSFORMS.build(dict(cfg)) for cfg in train]
        self.test_transforms = [TRANSFORMS.build(dict(cfg)) for cfg in test]

    @torch.no_grad()
    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Return the moved and transformed batch; ``data`` itself is left alone."""
        batch: dict[str, Any] = dict(self.cast_data(data))
        for transform in self.train_transforms if training else self.test_transforms:
            batch = transform(batch)
        return batch
