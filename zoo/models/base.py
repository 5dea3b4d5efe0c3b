"""What every model of the zoo shares: mmengine's three forward modes, and most of them a backbone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.model import BaseModel
from torch import Tensor

from zoo.registry import BACKBONES, MODELS


class CloudModel(BaseModel):
    """mmengine's ``BaseModel`` for clouds; a subclass implements ``extract``, and what it can of the other two modes.

    Calling a model with points (B, N, 3) alone gives its plain output; mmengine's loops call it with
    ``mode='loss'`` or ``mode='predict'``.

    Args:
        data_preprocessor: config of :class:`BatchPreprocessor`; without one, batches are moved and not augmented.
    """

    def __init__(self, data_preprocessor: dict[str, Any] | None) -> None:
        super().__init__(MODELS.build(data_preprocessor or {'type': 'BatchPreprocessor'}))

    def forward(self, points: Tensor, mode: str = 'tensor', **batch: Any) -> Any:
        """Dispatch on ``mode``.

        Args:
            points: (B, N, 3).
            mode: ``tensor``: the plain output; ``loss``: dict of scalars; ``predict``: one dict per sample.
            batch: the other keys of the batch.

        Raises:
            ValueError: unknown mode.
        """
        if mode == 'tensor':
            return self.extract(points, **batch)
        if mode == 'loss':
            return self.loss(points, **batch)
        if mode == 'predict':
            return self.predict(points, **batch)
        raise ValueError(f"unknown mode '{mode}': choose tensor, loss or predict")


class PointModel(CloudModel):
    """A model with a backbone.

    Args:
        backbone: config of the student.
        data_preprocessor: config of the preprocessor, see :class:`CloudModel`.
    """

    def __init__(self, backbone: dict[str, Any], data_preprocessor: dict[str, Any] | None = None) -> None:
        super().__init__(data_preprocessor)
        self.backbone = BACKBONES.build(backbone)

    def extract(self, points: Tensor, **batch: Any) -> Tensor:
        """Plain output for clouds (B, N, 3): pooled features (B, F) unless a model says otherwise."""
        return self.backbone.forward_features(points)

    def loss(self, points: Tensor, **batch: Any) -> dict[str, Tensor]:
        """Scalar losses of one batch; their sum is the training loss."""
        raise TypeError(f'{type(self).__name__} has no training loss: it only measures')

    def predict(self, points: Tensor, **batch: Any) -> list[dict[str, Tensor]]:
        """One dict per sample: ``feature`` (F,) and whatever ``label`` and ``index`` the batch has."""
        return per_sample({'feature': self.extract(points)}, batch)

    def forward_intermediates(self, points: Tensor, indices: Sequence[int] | None = None) -> list[Tensor]:
        """Patch tokens (B, G, C) of clouds (B, N, 3) after some layers of the backbone.

        Args:
            points: (B, N, 3).
            indices: positions of the layers; all by default, negative ones count from the end.
        """
        found: list[Tensor] = self.backbone.forward_intermediates(points, indices)
        return found

    def no_weight_decay(self) -> set[str]:
        """Names of parameters that take no weight decay although they are not vectors."""
        return {f'backbone.{name}' for name in self.backbone.no_weight_decay()}

    def layer_groups(self) -> list[list[str]]:
        """Parameter names from input to output; what follows the backbone comes last."""
        groups = [[f'backbone.{name}' for name in names] for names in self.backbone.layer_groups()]
        return [*groups, [name for name, _ in self.named_parameters() if not name.startswith('backbone.')]]


def per_sample(outputs: dict[str, Tensor], batch: dict[str, Any]) -> list[dict[str, Tensor]]:
    """Cut batched outputs (B, ...) and the batch's ``label`` and ``index`` (B,) into one dict per sample."""
    columns = outputs | {key: batch[key] for key in ('label', 'index') if batch.get(key) is not None}
    size = len(next(iter(columns.values())))
    return [{key: value[i] for key, value in columns.items()} for i in range(size)]
