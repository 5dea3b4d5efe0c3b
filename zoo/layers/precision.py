"""Where clouds of any precision enter networks of any precision."""

from __future__ import annotations

import torch
from torch import Tensor

from zoo.ops.validate import as_clouds


def as_points(points: Tensor, weight: Tensor) -> Tensor:
    """Clouds (B, N, 3) in the precision that a network's geometry has: float32, or float64 where its weights are.

    So a cloud in float64 gives a float32 model what the same cloud in float32 gives it, and searches of a model in half
    precision are not searches among rounded coordinates. What enters a layer is cast to the layer's own type there.

    Args:
        points: clouds of any float type.
        weight: any weight of the network.

    Raises:
        ValueError: wrong shape or type.
    """
    (points,) = as_clouds(points, names=('points',))
    return points.to(torch.float64 if weight.dtype == torch.float64 else torch.float32)
