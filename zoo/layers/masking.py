"""Masks with a fixed number of masked groups, so that shapes stay static (no host synchronisation)."""

from __future__ import annotations

import torch
from torch import Tensor


def mask_count(num_groups: int, ratio: float) -> int:
    """Number of masked groups, rounded down as the reference does.

    Raises:
        ValueError: the ratio is outside [0, 1) or would leave no visible group.
    """
    if not 0.0 <= ratio < 1.0:
        raise ValueError(f'mask ratio must be in [0, 1), got {ratio}')
    return int(ratio * num_groups)


def random_mask(centers: Tensor, ratio: float) -> Tensor:
    """Mask groups at random.

    Args:
        centers: (B, G, 3); only its shape and device are used.
        ratio: share of masked groups.

    Returns:
        Bool (B, G), True = masked, exactly ``int(ratio * G)`` True in every row.
    """
    b, g, _ = centers.shape
    # The keys are drawn on the host's generator so that CPU and GPU runs of one seed mask the same groups.
    return _lowest(torch.rand(b, g).to(centers.device), mask_count(g, ratio))


def block_mask(centers: Tensor, ratio: float) -> Tensor:
    """Mask the groups nearest to one random centre per sample (block masking of arXiv 2111.14819).

    Args:
        centers: (B, G, 3).
        ratio: share of masked groups.

    Returns:
        Bool (B, G), True = masked, exactly ``int(ratio * G)`` True in every row.
    """
    b, g, _ = centers.shape
    seed = torch.randint(g, (b, 1, 1)).to(centers.device).expand(-1, 1, 3)
    distance = (centers - centers.gather(1, seed)).square().sum(-1)
    return _lowest(distance, mask_count(g, ratio))


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
