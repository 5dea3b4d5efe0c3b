"""Turning whole clouds at random, every one by a rotation of its own; normals turn with them.

Random numbers come from the generator of the device where the batch is.
"""

from __future__ import annotations

import math

import torch

from zoo.registry import TRANSFORMS
from zoo.transforms.batch import Batch, turned


@TRANSFORMS.register_module()
class RandomRotateGravity:
    """Turns every cloud about the vertical axis (y) by an angle of its own, uniform in 0 to 2 pi."""

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to the same shape; ``normals`` follow."""
        points = batch['points']
        angle = torch.rand(len(points), 1, device=points.device) * (2 * math.pi)
        sine, cosine = (part.to(points.dtype) for part in (angle.sin(), angle.cos()))
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
        points = batch['points']
        quaternion = torch.randn(len(points), 4, device=points.device, dtype=torch.float32).double()
        w, x, y, z = (quaternion / quaternion.norm(dim=1, keepdim=True)).unbind(dim=1)
        rows = (
            (x * x - y * y - z * z + w * w, 2 * (x * y - z * w), 2 * (x * z + y * w)),
            (2 * (x * y + z * w), -x * x + y * y - z * z + w * w, 2 * (y * z - x * w)),
            (2 * (x * z - y * w), 2 * (y * z + x * w), -x * x - y * y + z * z + w * w),
        )
        return turned(batch, torch.stack([torch.stack(row, dim=1) for row in rows], dim=1))
