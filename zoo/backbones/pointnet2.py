"""PointNet++: PointNets on balls of points, on balls of balls, and on all that is left."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from zoo import ops
from zoo.backbones.cloud_encoder import CloudEncoder
from zoo.layers import SharedMlp, as_points, largest
from zoo.registry import BACKBONES


@BACKBONES.register_module()
class PointNet2(CloudEncoder):
    """PointNet++ for classification with single-scale grouping, SSG (arXiv 1706.02413).

    Parity: a ball that holds more points than are taken keeps those of lowest index (:func:`zoo.ops.ball_query`), so
    that features depend on the order of the points, as in the released code, unless ``order`` takes it from the cloud.

    Args:
        num_centers: farthest points kept by each level.
        radii: radius of the balls of each level, clouds filling the unit sphere.
        ball_sizes: points taken of a ball at each level.
        widths: channels of the perceptron of each level, then of the last one, which sees all centers at once.
        order: order of the points, ``given`` or ``shape``; see :func:`zoo.ops.in_order`.

    Raises:
        ValueError: the lists do not fit each other.
    """

    def __init__(
        self,
        num_centers: Sequence[int] = (512, 128),
        radii: Sequence[float] = (0.2, 0.4),
        ball_sizes: Sequence[int] = (32, 64),
        widths: Sequence[Sequence[int]] = ((64, 64, 128), (128, 128, 256), (256, 512, 1024)),
        order: str = 'given',
    ) -> None:
        super().__init__()
        ops.require_order(order)
        if not len(num_centers) == len(radii) == len(ball_sizes) == len(widths) - 1:
            raise ValueError(
                'num_centers, radii and ball_sizes need one number per level, widths one list more: got '
                f'{len(num_centers)}, {len(radii)}, {len(ball_sizes)} and {len(widths)}'
            )
        self.order = order
        self.embed_dim = widths[-1][-1]
        self.depth = len(widths)
        inputs = [0, *(level[-1] for level in widths)]
        self.levels = nn.ModuleList(
            SetAbstraction(inputs[i], widths[i], num_centers[i], radii[i], ball_sizes[i])
            for i in range(len(num_centers))
        )
        self.whole = SharedMlp((3 + inputs[-2], *widths[-1]))

    def encode(self, points: Tensor) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Features of every level's centers (B, S, C'), the last level's once more before the last maximum."""
        features, layers = None, []
        weight = self.whole.first.weight
        points = ops.in_order(as_points(points, weight), self.order)
        for level in self.levels:
            points, features = level(points, features)
            layers.append(features)
        return [*layers, self.whole.after_first(_first_map(self.whole, points, features))], {}


class SetAbstraction(nn.Module):
    """Sample centers, gather balls around them, describe each ball by a PointNet (arXiv 1706.02413).

    Args:
        in_channels: channels C of the points' features, 0 for none.
        widths: channels of the perceptron.
        num_centers: centers S.
        radius: radius of a ball.
        ball_size: points K taken of a ball.
    """

    def __init__(
        self, in_channels: int, widths: Sequence[int], num_centers: int, radius: float, ball_size: int
    ) -> None:
        super().__init__()
        self.num_centers = num_centers
        self.radius = radius
        self.ball_size = ball_size
        self.mlp = SharedMlp((3 + in_channels, *widths))

    def forward(self, points: Tensor, features: Tensor | None) -> tuple[Tensor, Tensor]:
        """Map points (B, N, 3) and their features (B, N, C) to centers (B, S, 3) and theirs (B, S, C')."""
        centers = ops.gather_rows(points, ops.farthest_point_sample(points, self.num_centers))
        members = ops.ball_query(centers, points, self.radius, self.ball_size)
        # The map of a member relative to its center is a difference of maps: one product per point and per center
        # instead of one per member.
        mapped = ops.gather_rows(_first_map(self.mlp, points, features), members)
        first = self.mlp.first.weight[:, :3]
        with ops.full_precision(points.device):
            shift = F.linear(centers.to(first.dtype), first).unsqueeze(2)
        x = self.mlp.after_first(mapped.sub_(shift))
        return centers, largest(x, dim=2)


def _first_map(mlp: SharedMlp, points: Tensor, features: Tensor | None) -> Tensor:
    """First linear map (B, N, C1) of [coordinates, features]."""
    first = mlp.first
    # Not in half precision, under autocast either: differences of neighbors would drown in its rounding.
    with ops.full_precision(points.device):
        result = F.linear(points.to(first.weight.dtype), first.weight[:, :3], first.bias)
    return result if features is None else result + F.linear(features, first.weight[:, 3:])
