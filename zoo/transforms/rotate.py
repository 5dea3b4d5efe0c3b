"""Turning whole clouds at random, every one by a rotation of its own; normals turn with them.

Random numbers come from torch's generator of the CPU: a seed gives the same batch on every device.
"""

from __future__ import annotations

import math

import torch
from scipy.spatial.transform import Rotation

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
        quaternion = torch.randn(len(batch['points']), 4)[:, [1, 2, 3, 0]]  # scipy has the real part last
        return turned(batch, torch.from_numpy(Rotation.from_quat(quaternion.double().numpy()).as_matrix()))
