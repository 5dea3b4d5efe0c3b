"""Part segmentation by fine-tuning: a part for every point of a cloud whose class is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.backbones import require
from zoo.errors import UsageError
from zoo.layers import FeaturePropagation, SharedMlp, largest
from zoo.models.base import PointModel, per_sample
from zoo.registry import MODELS

LABEL_WIDTH = 64
"""Channels that the class is told in."""

TAPS = 3
"""Layers of the backbone that are read."""

NUMBERINGS = ('by_class', 'through')


@MODELS.register_module()
class PartSegmenter(PointModel):
    """A backbone, its features carried back to the points, and a head for every point (Point-MAE, arXiv 2203.06604).

    Patch tokens of three layers, each through the backbone's last norm, stand side by side. Their maximum and mean over
    the patches and an embedding of the class describe the cloud; :class:`zoo.layers.FeaturePropagation` carries them to
    the points. Parts of all classes share one softmax in training; a prediction is chosen among the parts of the
    cloud's class.

    Queries are not read.

    Args:
        backbone: config of the student; its tokens must be those of patches with centers.
        parts: number of parts of every class, in the order of the labels.
        numbered: way that ``part`` counts: ``by_class``: from 0 in every class (ProceduralShapes); ``through``: through
            all classes (ShapeNetPart). Negative parts are background: no loss, and no figure reads them.
        layers: layers of the backbone that are read; by default the ends of its thirds, 4, 8 and 12 of 12.
        widths: channels of the propagation, those of the paper's student of 384 channels by default.
        head_widths: channels of the head.
        dropout: after the head's first layer.
        data_preprocessor: config of the batched transforms.

    Raises:
        UsageError: the backbone has no patch tokens or no such layer, or parts that make no sense.
    """

    first_part: Tensor
    num_parts: Tensor

    def __init__(
        self,
        backbone: dict[str, Any],
        parts: Sequence[int],
        numbered: str = 'by_class',
        layers: Sequence[int] | None = None,
        widths: Sequence[int] = (1536, 1024),
        head_widths: Sequence[int] = (512, 256),
        dropout: float = 0.5,
        data_preprocessor: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor)
        if numbered not in NUMBERINGS:
            raise UsageError(f'PartSegmenter: numbered={numbered!r} must be one of {", ".join(NUMBERINGS)}')
        if not parts or min(parts) < 1:
            raise UsageError(f'PartSegmenter: parts={list(parts)} needs the number of parts of every class, 1 or more')
        require(self.backbone, {'tokens', 'layers'}, 'PartSegmenter')
        self.numbered, self.trusted = numbered, False
        self.layers = _layers(self.backbone.depth, layers)
        counts = torch.tensor(list(parts))
        self.register_buffer('num_parts', counts, persistent=False)
        self.register_buffer('first_part', counts.cumsum(0) - counts, persistent=False)
        features = len(self.layers) * self.backbone.embed_dim
        self.label_embed = nn.Sequential(
            nn.Linear(len(counts), LABEL_WIDTH, bias=False), nn.BatchNorm1d(LABEL_WIDTH), nn.LeakyReLU(0.2)
        )
        self.propagation = FeaturePropagation(features, widths)
        self.head = PartHead(widths[-1], 2 * features + LABEL_WIDTH, head_widths, sum(parts), dropout)

    def extract(self, points: Tensor, label: Tensor | None = None, **batch: Any) -> Tensor:
        """Logits (B, N, parts of all classes).

        Args:
            points: (B, N, 3).
            label: classes (B,); without them the model knows no class.
            batch: not read.
        """
        output = self.backbone(points, return_layers=True)
        tokens = torch.cat([self.backbone.normalized(output.layers[i]) for i in self.layers], dim=-1)
        one_hot = tokens.new_zeros(points.shape[0], len(self.num_parts))
        if label is not None:
            one_hot.scatter_(1, label.unsqueeze(1), 1.0)
        cloud = torch.cat([largest(tokens, dim=1), tokens.mean(dim=1), self.label_embed(one_hot)], dim=-1)
        return self.head(self.propagation(points, output.centers, tokens), cloud)

    def loss(self, points: Tensor, **batch: Any) -> dict[str, Tensor]:
        """Cross-entropy over the parts of all classes against ``part`` (B, N), told ``label`` (B,).

        Raises:
            UsageError: the batch has no parts or classes, or others than the model was built for.
        """
        # Of the first batch alone: numbers of other classes or parts are in all, and asking waits for the device.
        label, part = self.counted_by_class(batch.get('label'), batch.get('part'), trusted=self.trusted)
        self.trusted = True
        target = torch.where(part < 0, -1, part + self.first_part[label].unsqueeze(1))
        logits = self.extract(points, label).float()
        return {'loss': F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=-1)}

    def predict(self, points: Tensor, **batch: Any) -> list[dict[str, Tensor]]:
        """Parts of every point, chosen among those of the cloud's class ``label`` (B,).

        Returns:
            One dict per sample: ``pred`` (N,) and, where the batch has it, ``part`` (N,), both counted from 0 within
            the class, background negative; ``num_parts``, how many the class has; ``label`` and ``index``.

        Raises:
            UsageError: the batch has no classes, or parts or classes that the model was not built for.
        """
        unknown = points.new_full(points.shape[:2], -1, dtype=torch.long)
        label, part = self.counted_by_class(batch.get('label'), batch.get('part', unknown))
        first, count = self.first_part[label].unsqueeze(1), self.num_parts[label]
        logits = self.extract(points, label).float()
        place = torch.arange(logits.shape[-1], device=logits.device) - first
        allowed = (place >= 0) & (place < count.unsqueeze(1))
        pred = logits.masked_fill(~allowed.unsqueeze(1), float('-inf')).argmax(-1) - first
        outputs = {'pred': pred, 'num_parts': count} | ({'part': part} if 'part' in batch else {})
        return per_sample(outputs, batch)

    def counted_by_class(
        self, label: Tensor | None, part: Tensor | None, trusted: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Classes (B,) as given, and parts (B, N) counted from 0 within the class; background stays negative.

        Args:
            label: classes (B,).
            part: parts (B, N) as the dataset numbers them.
            trusted: trust in their values, which then nobody asks for.

        Raises:
            UsageError: classes or parts are missing, or not those that the model was built for.
        """
        if label is None or part is None:
            raise UsageError(
                'part segmentation needs a dataset with classes and parts, such as ShapeNetPart or ProceduralShapes'
            )
        if not trusted and bool(((label < 0) | (label >= len(self.num_parts))).any()):
            raise UsageError(f'model.parts lists {len(self.num_parts)} classes, the dataset has others')
        background = part < 0
        inside = part - self.first_part[label].unsqueeze(1) if self.numbered == 'through' else part
        if not trusted and bool((~background & ((inside < 0) | (inside >= self.num_parts[label].unsqueeze(1)))).any()):
            raise UsageError(
                f'a part of the dataset is none of its class by model.parts with numbered={self.numbered!r}: give the '
                'numbers of parts of this dataset'
            )
        return label, inside.masked_fill(background, -1)


class PartHead(nn.Module):
    """Shared perceptron on [features of the point, features of its cloud].

    What the first layer makes of the cloud is computed once for all its points.

    Args:
        point_features: length of the points' features.
        cloud_features: length of the clouds' features.
        widths: channels after every hidden layer.
        num_outputs: length of the logits.
        dropout: after the first layer.
    """

    def __init__(
        self, point_features: int, cloud_features: int, widths: Sequence[int], num_outputs: int, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.of_point = nn.Linear(point_features, widths[0])
        self.of_cloud = nn.Linear(cloud_features, widths[0], bias=False)
        self.norm = nn.BatchNorm1d(widths[0])
        self.dropout = nn.Dropout(dropout)
        self.mlp = SharedMlp(widths) if len(widths) > 1 else nn.Identity()
        self.last = nn.Linear(widths[-1], num_outputs)

    def forward(self, points: Tensor, clouds: Tensor) -> Tensor:
        """Logits (B, N, outputs) of features of points (B, N, F) and of clouds (B, H)."""
        rows = (self.of_point(points) + self.of_cloud(clouds).unsqueeze(1)).flatten(0, 1)
        rows = self.dropout(F.relu(self.norm(rows), inplace=True))
        return self.last(self.mlp(rows)).unflatten(0, points.shape[:2])


def _layers(depth: int, wanted: Sequence[int] | None) -> list[int]:
    """Positions of the layers to read."""
    if wanted is None:
        return list(dict.fromkeys(-(-depth * third // TAPS) - 1 for third in range(1, TAPS + 1)))
    if not wanted or not all(-depth <= layer < depth for layer in wanted):
        raise UsageError(
            f'PartSegmenter: layers={list(wanted)} must be positions in the {depth} layers of the backbone'
        )
    return list(wanted)
