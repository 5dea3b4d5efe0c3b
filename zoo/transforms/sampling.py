"""Choosing points: random, evenly spread, or with holes, for every object of a batch on its own.

Every transform maps a batch dict to a batch dict and leaves its input as it was; normals and parts follow the points.
Random numbers are drawn per object, by the generator of the device where the batch is. The order of the reference is
subsample, ``UnitSphere``, augment.
"""

from __future__ import annotations

import torch
from torch import Tensor

from zoo import ops
from zoo.errors import UsageError
from zoo.registry import TRANSFORMS
from zoo.transforms.batch import Batch, take_points


def random_choice(size: int, total: int, num: int, device: torch.device | str = 'cpu') -> Tensor:
    """Choose points at random, in random order and without replacement, for every object on its own.

    Where there are too few, every point is chosen ``num // total`` times, and some once more.

    Args:
        size: Number of objects (B).
        total: Number of points to choose from (N).
        num: Number of points that are chosen (S).
        device: device that draws.

    Returns:
        int64, shape ``(B, S)``, on that device.
    """
    rounds = -(-num // total)
    if torch.device(device).type != 'cpu':  # where one sort of all costs less than many small permutations
        keys = torch.rand(size, rounds, total, device=device)
        return keys.argsort(dim=2)[..., : min(num, total)].flatten(1)[:, :num]
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
        num_points: Number of points that are kept.
    """

    def __init__(self, num_points: int) -> None:
        self.num_points = _positive(self, num_points)

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to ``(B, num_points, 3)``; ``normals`` and ``part`` follow."""
        points = batch['points']
        return take_points(batch, random_choice(len(points), points.shape[1], self.num_points, points.device))


@TRANSFORMS.register_module()
class FPSSubsample:
    """Keeps points that are spread evenly (farthest point sampling), as the reference does for fine-tuning.

    Testing (``oversample=None``) keeps ``num_points`` of them; training finds more, 1200 for 1024 or 2400 for 2048,
    and keeps a random ``num_points`` of those. Sampling as many points as there are would only reorder them, so that is
    left out.

    Parity: the reference uses one random choice for the whole batch, here every object has its own.

    Args:
        num_points: Number of points that are kept.
        oversample: Number of points that are found before the random choice.
        skip_near_origin: Whether points of a squared norm up to 1e-3 are never picked, as ``pointnet2_ops`` does.
        order: Start of the search: ``given`` is the first point, ``shape`` one that depends on the cloud alone
            (:func:`zoo.ops.shape_order`), so that a test cloud is the same whatever the order of its points, and models
            that begin with its first point are too.

    Raises:
        UsageError: ``oversample`` is smaller than ``num_points``, or the order is unknown.
    """

    def __init__(
        self, num_points: int, oversample: int | None = None, *, skip_near_origin: bool = False, order: str = 'given'
    ) -> None:
        self.num_points = _positive(self, num_points)
        if oversample is not None and oversample < num_points:
            raise UsageError(f'FPSSubsample: oversample ({oversample}) must be at least num_points ({num_points})')
        self.oversample = oversample
        self.skip_near_origin = skip_near_origin
        if order not in ops.ORDERS:
            raise UsageError(f'FPSSubsample: order is {order!r}, choose one of {", ".join(ops.ORDERS)}')
        self.order = order

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to ``(B, num_points, 3)``; ``normals`` and ``part`` follow."""
        if self.order == 'shape':
            batch = take_points(batch, ops.shape_order(batch['points'], skip_near_origin=self.skip_near_origin))
        points = batch['points']
        size, total = points.shape[:2]
        if self.oversample is None:
            if total == self.num_points:
                return batch
            return take_points(batch, self._spread(points, self.num_points))
        found = min(self.oversample, total)
        index = random_choice(size, found, self.num_points, points.device)
        if found < total:
            index = self._spread(points, found).gather(1, index)
        return take_points(batch, index)

    def _spread(self, points: Tensor, num: int) -> Tensor:
        """Return indices ``(B, num)`` of spread points; all points in turn where there are fewer."""
        size, total = points.shape[:2]
        # In the order of the shape, which points are copied once more is to survive a shift: the most spread are.
        if num > total and self.order == 'given':
            return (torch.arange(num, device=points.device) % total).expand(size, -1)
        return ops.farthest_point_sample(points, num, skip_near_origin=self.skip_near_origin)


@TRANSFORMS.register_module()
class RandomDrop:
    """Drops points with a probability of every object's own, and keeps the number of points (arXiv 1706.02413).

    The probability is uniform between 0 and ``max_ratio``. Pooling over points does not see how often one occurs, so a
    cloud with copies stands for a smaller one.

    Parity: as in the released code, dropped points become copies of the first one, which is never lost; normals and
    parts are those of the first point too.

    Args:
        max_ratio: Largest probability of a point to be dropped.

    Raises:
        UsageError: The ratio is outside of 0 to 1.
    """

    def __init__(self, max_ratio: float = 0.875) -> None:
        if not 0 <= max_ratio <= 1:
            raise UsageError(f'RandomDrop: max_ratio must be between 0 and 1, got {max_ratio}')
        self.max_ratio = max_ratio

    def __call__(self, batch: Batch) -> Batch:
        """Map ``points (B, N, 3)`` to the same shape; ``normals`` and ``part`` follow."""
        points = batch['points']
        size, total = points.shape[:2]
        draw, share = (torch.rand(size, width, device=points.device) for width in (total, 1))
        kept = torch.arange(total, device=points.device)
        return take_points(batch, torch.where(draw < self.max_ratio * share, 0, kept))
