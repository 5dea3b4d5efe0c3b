"""Sampling and augmentation of whole batches, on the device where the batch lives.

Every transform maps a batch dict to a batch dict and leaves its input as it was. Random numbers are drawn per object,
by torch's generator of the CPU, and moved to the device: a seed gives the same batch on every device. The order of the
reference is subsample, ``UnitSphere``, augment.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from zoo import ops
from zoo.errors import UsageError
from zoo.registry import TRANSFORMS

Batch = dict[str, Any]

FLAT = 1e-5
"""Radius, relative to the largest coordinate, below which a cloud is one place and its extent rounding error."""


def take_points(batch: Batch, index: Tensor) -> Batch:
    """Select points, and with them their parts.

    Args:
        batch: ``points (B, N, 3)`` and possibly ``part (B, N)``.
        index: int64, shape ``(B, S)``, on the device of the points.

    Returns:
        The batch with ``points (B, S, 3)`` and ``part (B, S)``.
    """
    points = batch['points']
    size, total = points.shape[:2]
    # One flat index_select is several times faster than gather with an expanded index.
    flat = (index + torch.arange(size, device=index.device)[:, None] * total).reshape(-1)
    taken = {**batch, 'points': points.reshape(-1, 3).index_select(0, flat).view(size, -1, 3)}
    if 'part' in batch:
        taken['part'] = batch['part'].reshape(-1).index_select(0, flat).view(size, -1)
    return taken


def random_choice(size: int, total: int, num: int) -> Tensor:
    """Choose points at random, in random order and without replacement, for every object on its own.

    Where there are too few, every point is chosen ``num // total`` times, and some once more.

    Args:
        size: Objects (B).
        total: Points to choose from (N).
        num: Points to choose (S).

    Returns:
        int64, shape ``(B, S)``, on the CPU.
    """
    rounds = -(-num // total)
    # A permutation each beats sorting or top-k of random keys, 3 to 15 times at 128 x (2048 or 8192) -> 1024.
    chosen = [torch.randperm(total)[: min(num, total)] for _ in range(size * rounds)]
    return torch.stack(chosen).view(size, -1)[:, :num]


def _positive(owner: object, num_points: int) -> int:
    """Check a number of points."""
    if num_points < 1:
        raise UsageError(f'{type(owner).__name__}: num_points must be at least 1, got {num_points}')
    return num_points


@TRANSFORMS.register_module()
class RandomSubsample:
    """Keeps random points, without replacement; with repeats where a cloud has too few.

    Args:
        num_points: Points to keep.
    """

    def __init__(self, num_points: int) -> None:
        self.num_points = _positive(self, num_points)

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to ``(B, num_points, 3)``; ``part`` follows."""
        points = batch['points']
        index = random_choice(len(points), points.shape[1], self.num_points)
        return take_points(batch, index.to(points.device, non_blocking=True))


@TRANSFORMS.register_module()
class FPSSubsample:
    """Keeps points that are spread evenly (farthest point sampling), as the reference does for fine-tuning.

    Testing (``oversample=None``) keeps ``num_points`` of them; training finds more, 1200 for 1024 or 2400 for 2048,
    and keeps a random ``num_points`` of those. Sampling as many points as there are would only reorder them, so that is
    left out: the model's own sampling starts at the same point in testing and at a random one in training.

    Parity: the reference uses one random choice for the whole batch, here every object has its own.

    Args:
        num_points: Points to keep.
        oversample: Points to find before the random choice.
        skip_near_origin: Never pick points with a squared norm of 1e-3 or less, as ``pointnet2_ops`` does.

    Raises:
        UsageError: ``oversample`` is smaller than ``num_points``.
    """

    def __init__(self, num_points: int, oversample: int | None = None, *, skip_near_origin: bool = False) -> None:
        self.num_points = _positive(self, num_points)
        if oversample is not None and oversample < num_points:
            raise UsageError(f'FPSSubsample: oversample ({oversample}) must be at least num_points ({num_points})')
        self.oversample = oversample
        self.skip_near_origin = skip_near_origin

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to ``(B, num_points, 3)``; ``part`` follows."""
        points = batch['points']
        size, total = points.shape[:2]
        if self.oversample is None:
            if total == self.num_points:
                return batch
            return take_points(batch, self._spread(points, self.num_points))
        found = min(self.oversample, total)
        index = random_choice(size, found, self.num_points).to(points.device, non_blocking=True)
        if found < total:
            index = self._spread(points, found).gather(1, index)
        return take_points(batch, index)

    def _spread(self, points: Tensor, num: int) -> Tensor:
        """Return indices ``(B, num)`` of spread points; all points in turn where there are fewer."""
        size, total = points.shape[:2]
        if num > total:
            return (torch.arange(num, device=points.device) % total).expand(size, -1)
        return ops.farthest_point_sample(points, num, skip_near_origin=self.skip_near_origin)


@TRANSFORMS.register_module()
class UnitSphere:
    """Moves the mean of every cloud to the origin and scales its farthest point to radius 1."""

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to the same shape. A cloud of one place becomes zeros."""
        points = batch['points']
        centred = points - points.mean(dim=1, keepdim=True)
        radius = centred.norm(dim=2, keepdim=True).amax(dim=1, keepdim=True)
        flat = radius <= FLAT * points.abs().amax(dim=(1, 2), keepdim=True)
        return {**batch, 'points': torch.where(flat, 0.0, centred / radius)}


@TRANSFORMS.register_module()
class RandomRotateGravity:
    """Turns every cloud about the vertical axis (y) by an angle of its own, uniform in 0 to 2 pi."""

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to the same shape."""
        points = batch['points']
        angle = torch.rand(len(points), 1) * (2 * math.pi)
        sine, cosine = (part.to(points, non_blocking=True) for part in (angle.sin(), angle.cos()))
        x, y, z = points.unbind(dim=2)
        # Not a matrix product: autocast or TF32 would round the coordinates.
        return {**batch, 'points': torch.stack([x * cosine - z * sine, y, x * sine + z * cosine], dim=2)}


@TRANSFORMS.register_module()
class RandomScaleTranslate:
    """Stretches every axis of every cloud by a factor of its own, then shifts it.

    Args:
        scale: Range of the factors, uniform.
        translate: Largest shift along an axis in units of the cloud, uniform in both directions.

    Raises:
        UsageError: The range is empty or not positive.
    """

    def __init__(self, scale: tuple[float, float] = (2 / 3, 3 / 2), translate: float = 0.2) -> None:
        if not 0 < scale[0] <= scale[1] or translate < 0:
            raise UsageError(f'RandomScaleTranslate: impossible ranges scale={tuple(scale)}, translate={translate}')
        self.scale, self.translate = scale, translate

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to the same shape."""
        points = batch['points']
        low, high = self.scale
        draw = torch.rand(len(points), 2, 3)
        factor = (low + (high - low) * draw[:, :1]).to(points, non_blocking=True)
        shift = (self.translate * (2 * draw[:, 1:] - 1)).to(points, non_blocking=True)
        return {**batch, 'points': points * factor + shift}
