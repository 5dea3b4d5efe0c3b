"""Masks with a fixed number of masked groups, so that shapes stay static (no host synchronization)."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from zoo.registry import MASKS


class Mask(ABC):
    """Chooses the groups that a student does not see, the same number in every cloud.

    Args:
        ratio: share of masked groups; their number is rounded down, as the reference does.

    Raises:
        ValueError: the ratio is outside [0, 1) or would leave no visible group.
    """

    def __init__(self, ratio: float) -> None:
        if not 0.0 <= ratio < 1.0:
            raise ValueError(f'mask ratio must be in [0, 1), got {ratio}')
        self.ratio = ratio

    def count(self, num_groups: int) -> int:
        """Number of masked groups."""
        return int(self.ratio * num_groups)

    @abstractmethod
    def __call__(self, groups: tuple[Tensor, Tensor], student: nn.Module) -> Tensor:
        """Draw a mask.

        Args:
            groups: neighborhoods (B, G, K, 3) and centers (B, G, 3).
            student: the backbone, for masks that are guided by its tokens or attention.

        Returns:
            Bool (B, G), True = masked, exactly :meth:`count` True in every row.
        """


@MASKS.register_module('random')
class RandomMask(Mask):
    """Groups at random."""

    def __call__(self, groups: tuple[Tensor, Tensor], student: nn.Module) -> Tensor:
        """Draw a mask (B, G)."""
        b, g, _ = groups[1].shape
        return _lowest(torch.rand(b, g, device=groups[1].device), self.count(g))


@MASKS.register_module('block')
class BlockMask(Mask):
    """The groups nearest to one random center per cloud (block masking of arXiv 2111.14819)."""

    def __call__(self, groups: tuple[Tensor, Tensor], student: nn.Module) -> Tensor:
        """Draw a mask (B, G)."""
        centers = groups[1]
        b, g, _ = centers.shape
        seed = torch.randint(g, (b, 1, 1), device=centers.device).expand(-1, 1, 3)
        distance = (centers - centers.gather(1, seed)).square().sum(-1)
        return _lowest(distance, self.count(g))


def _lowest(keys: Tensor, count: int) -> Tensor:
    """Bool mask of the ``count`` lowest keys in every row of (B, G)."""
    order = keys.argsort(dim=1, stable=True)
    return torch.zeros_like(keys, dtype=torch.bool).scatter_(1, order[:, :count], True)


def split_by_mask(mask: Tensor, num_masked: int) -> tuple[Tensor, Tensor]:
    """Indices of visible and of masked groups, each in their original order.

    Args:
        mask: bool (B, G), True = masked, with ``num_masked`` True in every row.
        num_masked: passed in rather than counted, because counting would wait for the device.

    Returns:
        LongTensors (B, G - num_masked) and (B, num_masked).
    """
    order = mask.to(torch.uint8).argsort(dim=1, stable=True)
    return order[:, : mask.shape[1] - num_masked], order[:, mask.shape[1] - num_masked :]
