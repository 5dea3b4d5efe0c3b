"""Point-JEPA: predict blocks of patches from a context block, in the space of a teacher's features."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo import ops
from zoo.backbones import Backbone, StudentOutput
from zoo.layers import Mask
from zoo.objectives.predict_layers import PredictLayers
from zoo.registry import MASKS, OBJECTIVES

BLOCKS, SHARE = 4, 0.175
"""Target blocks, and the share of all groups in each: the middle of 15 to 20 % (arXiv 2404.16432)."""


def nearest_order(centers: Tensor) -> Tensor:
    """Order points so that neighbors in it are neighbors in space: the sequencer of arXiv 2404.16432.

    It begins with the smallest sum of coordinates and goes on to the nearest point that is left; ties go to the lowest
    index.

    Args:
        centers: (B, G, 3).

    Returns:
        Indices (B, G).
    """
    centers = centers.detach().float()
    distance = (centers.unsqueeze(1) - centers.unsqueeze(2)).square().sum(-1)
    rows, last = torch.arange(len(centers), device=centers.device), centers.sum(-1).argmin(1)
    order = [last]
    for _ in range(centers.shape[1] - 1):
        distance[rows, :, last] = torch.inf
        last = distance[rows, last].argmin(1)
        order.append(last)
    return torch.stack(order, dim=1)


@MASKS.register_module('context')
class ContextMask(Mask):
    """Hides all but a context block: a run of what random target blocks leave of the nearest-neighbor order.

    Parity: the paper draws the size of the context too, 40 to 75 % of what is left, and the same places for the whole
    batch. Here the size is fixed, so that shapes are, and every cloud has places of its own. The paper's mean is 28 %
    of the groups: ``ratio=0.72``.

    Args:
        ratio: share of masked groups.
        blocks: number of target blocks.
        share: share of all groups in a target block.
    """

    def __init__(self, ratio: float, blocks: int = BLOCKS, share: float = SHARE) -> None:
        super().__init__(ratio)
        self.blocks, self.share = blocks, share

    def __call__(self, groups: tuple[Tensor, Tensor], student: nn.Module) -> Tensor:
        """Draw a mask (B, G).

        Raises:
            ValueError: the context might not fit beside the target blocks.
        """
        centers = groups[1]
        (b, g, _), size = centers.shape, block_size(centers.shape[1], self.share)
        context = g - self.count(g)
        if context > g - self.blocks * size:
            raise ValueError(
                f'mask ratio {self.ratio} shows {context} of {g} groups, {self.blocks} target blocks of {size} leave '
                f'only {max(g - self.blocks * size, 0)}: raise the ratio or lower blocks or share'
            )
        start = torch.randint(g - size + 1, (b, self.blocks, 1), device=centers.device)
        first = torch.rand(b, 1, device=centers.device)
        place = torch.arange(g, device=centers.device)
        free = ~((place >= start) & (place < start + size)).any(1)
        rank = free.cumsum(1) - 1
        first = (first * (rank[:, -1:] + 2 - context)).long()
        shown = free & (rank >= first) & (rank < first + context)
        return torch.empty_like(shown).scatter_(1, nearest_order(centers), ~shown)


@OBJECTIVES.register_module()
class PredictBlocks(PredictLayers):
    """Regress the teacher's last layer at target blocks, each from the context alone (Point-JEPA, arXiv 2404.16432).

    A target block is a run of the nearest-neighbor order that the student saw nothing of. The decoder, narrower than
    the student, predicts every block for itself: no block's mask tokens see those of another.

    Parity: the blocks are drawn anew among what :class:`ContextMask` hides, because a mask says what is hidden and no
    more; both times a run is as likely as any other. Their size is fixed. The released predictor adds positions
    once, ours before each of its blocks. The rest is said at :class:`PredictLayers`.

    Args:
        name: name of the objective.
        student: the backbone.
        decoder: arguments of the decoder, see :class:`MaskedObjective`; its ``width`` is 192 in the paper.
        layers: number of last layers that are averaged; 1 in the paper.
        teacher: config of the teacher.
        beta: error up to which the loss is quadratic.
        blocks: number R of target blocks.
        share: share of all groups in a target block.
        weight: factor of the loss.
    """

    def __init__(
        self,
        name: str,
        student: Backbone,
        decoder: dict[str, Any],
        layers: int = 1,
        teacher: dict[str, Any] | None = None,
        beta: float = 2.0,
        blocks: int = BLOCKS,
        share: float = SHARE,
        weight: float = 1.0,
    ) -> None:
        super().__init__(name, student, decoder, layers, teacher, beta, weight)
        self.blocks, self.share = blocks, share

    def forward(self, output: StudentOutput, batch: dict[str, Any]) -> Tensor:
        """Mean smooth L1 over channels, groups and blocks."""
        places = self.target_blocks(output)
        # One row for every block of every cloud: the decoder mixes what is in a row.
        parts = {key: getattr(output, key) for key in ('tokens', 'centers', 'visible')}
        rows = {key: part.repeat_interleave(self.blocks, dim=0) for key, part in parts.items()}
        tokens = self.masked_tokens(replace(output, **rows, masked=places.flatten(0, 1)))
        target = ops.gather_points(self.targets(output), places).flatten(0, 1)
        return F.smooth_l1_loss(self.head(tokens).float(), target, beta=self.beta)

    def target_blocks(self, output: StudentOutput) -> Tensor:
        """Draw the groups (B, R, S) of every block among the hidden ones.

        Where no run of S groups is hidden (other masks), those with the most hidden groups count.

        Raises:
            ValueError: nothing is hidden.
        """
        if output.mask is None:
            raise ValueError(f'{type(self).__name__} needs masked groups: give the pretrainer a mask')
        order = nearest_order(output.centers)
        size = block_size(order.shape[1], self.share)
        hidden = output.mask.gather(1, order).unfold(1, size, 1).sum(-1)
        runs = (hidden == hidden.amax(1, keepdim=True)).cumsum(1)
        draw = torch.rand(len(order), self.blocks, device=order.device)
        start = torch.searchsorted(runs, (draw * runs[:, -1:]).long() + 1)
        places = start.unsqueeze(-1) + torch.arange(size, device=order.device)
        return order.gather(1, places.flatten(1)).unflatten(1, (self.blocks, size))


def block_size(num_groups: int, share: float) -> int:
    """Groups of a target block."""
    return max(1, int(share * num_groups))
