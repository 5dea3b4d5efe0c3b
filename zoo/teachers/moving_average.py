"""The student itself as a teacher, seen through a moving average."""

from __future__ import annotations

import copy
from typing import Any

import torch
from mmengine.dist import all_reduce, is_distributed
from torch import nn

from zoo.errors import UsageError
from zoo.registry import TEACHERS


@TEACHERS.register_module()
class MovingAverage(nn.Module):
    """A copy of the student whose weights follow it by an exponential moving average (arXiv 2006.07733).

    The copy is in evaluation mode and has no gradient. It is part of ``state_dict()``, so that a resumed run goes on
    with the same teacher, and not trained by the optimizer. Buffers, such as the statistics of batch norm, are averaged
    like the weights that they were measured behind: those of the student, whose weights are other ones by then, would
    shrink or blow up what a slow teacher says. Where several processes train, they follow the mean, so that all have
    the same teacher.

    The first step takes the whole student over: a runner draws or loads its weights after the copy is made, and
    statistics begin with no data.

    Args:
        student: the module that is copied and followed.
        start: momentum at the beginning of the training.
        end: momentum at the end of the ramp, which is linear.
        ramp: length of the ramp as a share of the training.

    Raises:
        UsageError: a momentum outside [0, 1], or a ramp outside (0, 1].
    """

    def __init__(self, student: nn.Module, start: float = 0.996, end: float = 1.0, ramp: float = 1.0) -> None:
        super().__init__()
        if not (0 <= start <= 1 and 0 <= end <= 1 and 0 < ramp <= 1):
            raise UsageError(
                f'MovingAverage: start={start} and end={end} must lie in [0, 1], ramp={ramp} above 0 and up to 1'
            )
        self.start, self.end, self.ramp = start, end, ramp
        self.network = copy.deepcopy(student).requires_grad_(False).eval()
        self.register_buffer('steps', torch.zeros((), dtype=torch.long))
        self.steps: torch.Tensor

    def momentum(self, progress: float) -> float:
        """Share of the old teacher in the new one.

        Args:
            progress: share of the training that is done.
        """
        return self.start + (self.end - self.start) * min(progress / self.ramp, 1.0)

    @torch.no_grad()
    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the copy makes of its arguments, without gradient."""
        return self.network(*args, **kwargs)

    @torch.no_grad()
    def after_step(self, student: nn.Module, progress: float) -> None:
        """Follow the student after a step of the optimizer.

        Args:
            student: the module that was copied.
            progress: share of the training that is done.
        """
        # A tensor, because asking for its value would wait for the device.
        share = torch.where(self.steps == 0, 1.0, 1.0 - self.momentum(progress))
        theirs = dict(student.named_parameters())
        for name, own in self.network.named_parameters():
            own.lerp_(theirs[name].to(own.dtype), share.to(own.dtype))
        current = dict(student.named_buffers())
        for name, buffer in self.network.named_buffers():
            if not buffer.is_floating_point():
                buffer.copy_(current[name])
                continue
            buffer.lerp_(current[name], share.to(buffer.dtype))
            if is_distributed():
                all_reduce(buffer, 'mean')
        self.steps += 1

    def train(self, mode: bool = True) -> MovingAverage:
        """Stay in evaluation mode: no dropped paths, no statistics of its own."""
        super().train(mode)
        self.network.eval()
        return self
