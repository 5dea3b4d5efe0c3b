"""PointNet: a perceptron shared by all points, and a maximum."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from zoo import ops
from zoo.backbones.cloud_encoder import CloudEncoder
from zoo.layers import SharedMlp, as_points, largest
from zoo.registry import BACKBONES


@BACKBONES.register_module()
class PointNet(CloudEncoder):
    """PointNet for classification (arXiv 1612.00593).

    Args:
        widths: channels after the layers of the second perceptron; the last is C.
        point_width: channels after the two layers of the first perceptron.
        input_transform: align clouds by a predicted (3, 3) matrix.
        feature_transform: align point features by a predicted (``point_width``, ``point_width``) matrix.
        alignment_weight: weight of the penalty that keeps the latter close to orthogonal.
    """

    def __init__(
        self,
        widths: Sequence[int] = (64, 128, 1024),
        point_width: int = 64,
        input_transform: bool = True,
        feature_transform: bool = True,
        alignment_weight: float = 1e-3,
    ) -> None:
        super().__init__()
        self.embed_dim = widths[-1]
        self.depth = 2
        self.alignment_weight = alignment_weight
        self.input_transform = AlignmentNet(3) if input_transform else None
        self.points = SharedMlp((3, point_width, point_width))
        self.feature_transform = AlignmentNet(point_width) if feature_transform else None
        self.features = SharedMlp((point_width, *widths))

    def encode(self, points: Tensor) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Features (B, N, C') of clouds (B, N, 3) after the first perceptron, aligned, and after the second.

        Parity: the released code sums half the squares of the penalty over the batch, so that its weight of 1e-3 acts
        as 1.6e-2 does here with 32 clouds; this is the formula of the paper, averaged over the batch.
        """
        weight = self.points.first.weight
        points = as_points(points, weight).to(weight.dtype)
        if self.input_transform is not None:
            points = points @ self.input_transform(points)
        x = self.points(points)
        penalties = {}
        if self.feature_transform is not None:
            matrix = self.feature_transform(x)
            x = x @ matrix
            penalties['alignment'] = self.alignment_weight * orthogonality_gap(matrix)
        return [x, self.features(x)], penalties


class AlignmentNet(nn.Module):
    """A small PointNet ("T-Net") that predicts a matrix, the identity before training (arXiv 1612.00593).

    Args:
        size: rows and columns of the matrix, which is also the number of input channels.
        widths: channels of the shared perceptron.
        hidden: channels of the perceptron after the maximum.
    """

    def __init__(self, size: int, widths: Sequence[int] = (64, 128, 1024), hidden: Sequence[int] = (512, 256)) -> None:
        super().__init__()
        self.size = size
        self.shared = SharedMlp((size, *widths))
        self.hidden = SharedMlp((widths[-1], *hidden))
        self.matrix = nn.Linear(hidden[-1], size * size)
        nn.init.zeros_(self.matrix.weight)
        with torch.no_grad():
            self.matrix.bias.copy_(torch.eye(size).flatten())

    def forward(self, features: Tensor) -> Tensor:
        """Matrices (B, S, S) for features (B, N, S)."""
        return self.matrix(self.hidden(largest(self.shared(features), dim=1))).unflatten(-1, (self.size, self.size))


def orthogonality_gap(matrices: Tensor) -> Tensor:
    """Mean over the batch of ||I - A A^T||^2 (Frobenius) for matrices A (B, S, S); zero for rotations."""
    identity = torch.eye(matrices.shape[-1], device=matrices.device)
    # In float32: the gap of a nearly orthogonal matrix drowns in the rounding of half precision.
    with ops.full_precision(matrices.device):
        matrices = matrices.float()
        return (identity - matrices @ matrices.transpose(1, 2)).square().sum(dim=(1, 2)).mean()
