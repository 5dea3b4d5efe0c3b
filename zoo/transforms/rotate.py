"""Turning whole clouds at random, every one by a rotation of its own; normals turn with them.

Random numbers come from torch's generator of the CPU: a seed gives the same batch on every device.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from zoo.registry import TRANSFORMS
from zoo.transforms.batch import Batch, turned


@TRANSFORMS.register_module()
class RandomRotateGravity:
    """Turns every cloud about the vertical axis (y) by an angle of its own, uniform in 0 to 2 pi."""

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to the same shape; ``normals`` follow."""
        points = batch['points']
        angle = torch.rand(len(points), 1) * (2 * math.pi)
        sine, cosine = (part.to(points, non_blocking=True) for part in (angle.sin(), angle.cos()))
        result = dict(batch)
        for key in ('points', 'normals'):
            if key in batch:
                x, y, z = batch[key].unbind(dim=2)
                # Not a matrix product: autocast or TF32 would round the coordinates.
                result[key] = torch.stack([x * cosine - z * sine, y, x * sine + z * cosine], dim=2)
        return result


@TRANSFORMS.register_module()
class RandomRotateSO3:
    """Turns every cloud by a rotation of its own, uniform over all rotations (Haar measure on SO(3)).

    A quaternion of four normal numbers has a direction that is uniform on the sphere, so the rotation it stands for is
    uniform too; three uniform angles about the axes would not be.
    """

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to the same shape; ``normals`` follow."""
        return turned(batch, quaternion_matrix(torch.randn(len(batch['points']), 4)))


def quaternion_matrix(quaternion: Tensor) -> Tensor:
    """Rotation matrices of quaternions of any length but zero.

    Args:
        quaternion: ``(B, 4)``, the real part first.

    Returns:
        float32 ``(B, 3, 3)``, worked out in float64; they turn columns, and rows by their inverse.
    """
    w, x, y, z = torch.nn.functional.normalize(quaternion.double(), dim=1).unbind(dim=1)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return torch.stack(rows, dim=1).view(-1, 3, 3).float()
