"""Rows of every process, with gradients: more negatives for contrast."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


class _GatherRows(torch.autograd.Function):
    """All-gather whose backward sums what every process owes to the rows of this one."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        """Gather rows (B, ...) into (W B, ...), in the order of the ranks."""
        parts = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """Sum the gradients (W B, ...) of all processes and keep the rows of this one."""
        total = gradients[0].contiguous().clone()
        dist.all_reduce(total)
        return total.chunk(dist.get_world_size())[dist.get_rank()]


def gather_rows(rows: Tensor) -> tuple[Tensor, int]:
    """Rows of all processes, and where the rows of this process begin.

    A loss that compares its own rows with the gathered ones and takes the mean over its own rows has, after the
    averaging of gradients that data-parallel training does, the gradient of one process with the whole batch.

    Args:
        rows: (B, ...), B equal on all processes.

    Returns:
        ``(W B, ...)`` for W processes, and the offset of the own rows; ``rows`` itself and 0 without processes.
    """
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return rows, 0
    if not rows.requires_grad:
        parts = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts), dist.get_rank() * len(rows)
    return _GatherRows.apply(rows), dist.get_rank() * len(rows)
