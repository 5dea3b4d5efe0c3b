"""Bringing clouds to a common place and size."""

from __future__ import annotations

import torch
from torch import Tensor

from zoo.registry import TRANSFORMS
from zoo.transforms.batch import Batch

FLAT = 1e-5
"""Radius, relative to the largest coordinate, below which a cloud is one place and its extent rounding error."""


def unit_sphere(points: Tensor) -> Tensor:
    """Move the mean of every cloud to the origin and scale its farthest point to radius 1.

    Args:
        points: ``(B, N, 3)``.

    Returns:
        The same shape; zeros for a cloud of one place.
    """
    centered = points - points.mean(dim=1, keepdim=True)
    radius = centered.norm(dim=2, keepdim=True).amax(dim=1, keepdim=True)
    flat = radius <= FLAT * points.abs().amax(dim=(1, 2), keepdim=True)
    return torch.where(flat, 0.0, centered / radius)


@TRANSFORMS.register_module()
class UnitSphere:
    """Moves the mean of every cloud to the origin and scales its farthest point to radius 1; normals stay."""

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to the same shape. A cloud of one place becomes zeros."""
        return {**batch, 'points': unit_sphere(batch['points'])}
