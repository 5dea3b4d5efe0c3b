"""Move a batch to the model's device and augment it there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor

from zoo.registry import MODELS, TRANSFORMS

Transform = Callable[[dict[str, Any]], dict[str, Any]]


@MODELS.register_module()
class BatchPreprocessor(BaseDataPreprocessor):
    """Batched transforms, on the device where the batch lives.

    Args:
        train: configs of the transforms applied in training.
        test: configs of those applied in validation and test.
        second: configs of those that make ``second_points`` of the untouched points in training; None makes none.
        non_blocking: copy to the device asynchronously.
    """

    def __init__(
        self,
        train: Sequence[dict[str, Any]] = (),
        test: Sequence[dict[str, Any]] = (),
        second: Sequence[dict[str, Any]] | None = None,
        non_blocking: bool = True,
    ) -> None:
        super().__init__(non_blocking)
        self.train_transforms = build_transforms(train)
        self.test_transforms = build_transforms(test)
        self.second_transforms = None if second is None else build_transforms(second)

    @torch.no_grad()
    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Return the moved and transformed batch; ``data`` itself is left alone."""
        raw: dict[str, Any] = dict(self.cast_data(data))
        batch = transformed(raw, self.train_transforms if training else self.test_transforms)
        if training and self.second_transforms is not None:
            # Of the raw points: an independent subsample and augmentation, not an augmentation of the first view.
            batch['second_points'] = transformed({'points': raw['points']}, self.second_transforms)['points']
        return batch


def build_transforms(configs: Sequence[dict[str, Any]]) -> list[Transform]:
    """Batched transforms of their configs."""
    return [TRANSFORMS.build(dict(cfg)) for cfg in configs]


def transformed(batch: dict[str, Any], transforms: Sequence[Transform]) -> dict[str, Any]:
    """A new batch: ``batch`` after every transform in turn."""
    batch = dict(batch)
    for transform in transforms:
        batch = transform(batch)
    return batch
