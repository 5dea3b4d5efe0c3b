"""The learning rate over time."""

from __future__ import annotations

import math
from typing import Any

from mmengine.optim.scheduler import _ParamScheduler

from zoo.errors import UsageError
from zoo.registry import PARAM_SCHEDULERS

ENDLESS = int(1e9)
"""What mmengine calls the end of a schedule that has none."""


def warmup_cosine(step: int, peak: float, total: int, warmup: int, warmup_lr: float, min_lr: float) -> float:
    """Return the rate at ``step``: linear from ``warmup_lr`` to ``peak``, then a cosine down to ``min_lr``.

    The cosine counts its time from step 0, not from the end of the warm-up, so the rate drops by a little where the
    warm-up ends; this is timm's ``CosineLRScheduler`` as the reference uses it.
    """
    if step < warmup:
        return warmup_lr + (peak - warmup_lr) * step / warmup
    if step >= total:
        return min_lr
    return min_lr + 0.5 * (peak - min_lr) * (1 + math.cos(math.pi * step / total))


@PARAM_SCHEDULERS.register_module()
class WarmupCosine(_ParamScheduler):
    """Linear warm-up and cosine decay, by epoch as the reference recipe (arXiv 2302.02318) or by iteration.

    ``convert_to_iter_based=True`` in the config turns the numbers, given in epochs, into iterations.

    Args:
        optimizer: Optimizer or optimizer wrapper.
        total: Length of the cosine, in epochs (iterations with ``by_epoch=False``); the length of the training when
            not given.
        warmup: Length of the warm-up, in the same unit.
        warmup_lr: Rate at which the warm-up begins, the same for all parameter groups.
        min_lr: Rate at which the cosine ends, the same for all parameter groups.
        proportional: Scale ``warmup_lr`` and ``min_lr`` of a group as its rate is scaled. Needed with strong layer
            decay, whose lowest peaks would lie under an absolute minimum.
        reference_offset: Parity: the reference steps its schedule after an epoch with that epoch's number, so that
            epochs 0 and 1 both run at ``warmup_lr`` and all later ones are one epoch late.
        end: Length of the training; mmengine fills it in.
        by_epoch: Step after every epoch, else after every iteration.
        last_step: The last step done before.

    Raises:
        UsageError: Lengths that cannot be, or ``reference_offset`` by iteration.
    """

    def __init__(
        self,
        optimizer: Any,
        total: int | None = None,
        warmup: int = 0,
        *,
        warmup_lr: float = 1e-6,
        min_lr: float = 1e-6,
        proportional: bool = False,
        reference_offset: bool = False,
        end: int = ENDLESS,
        by_epoch: bool = True,
        last_step: int = -1,
    ) -> None:
        if total is None and end == ENDLESS:
            raise UsageError('WarmupCosine: give total, the length of the cosine')
        self.total, self.warmup = end if total is None else total, warmup
        if self.total < 1 or warmup < 0:
            raise UsageError(f'WarmupCosine: total={self.total} and warmup={warmup} are no lengths of time')
        if reference_offset and not by_epoch:
            raise UsageError('WarmupCosine: reference_offset is a matter of epochs, leave out convert_to_iter_based')
        self.warmup_lr, self.min_lr = warmup_lr, min_lr
        self.proportional, self.reference_offset = proportional, reference_offset
        inner = getattr(optimizer, 'optimizer', optimizer)
        self.reference_lr = float(inner.defaults['lr'])
        super().__init__(optimizer, 'lr', last_step=last_step, by_epoch=by_epoch)

    @classmethod
    def build_iter_from_epoch(cls, *args: Any, epoch_length: int, by_epoch: bool = True, **kwargs: Any) -> WarmupCosine:
        """Build an instance that steps by iteration from lengths in epochs; mmengine calls this."""
        if not by_epoch:
            raise UsageError('WarmupCosine: convert_to_iter_based converts from epochs, leave out by_epoch=False')
        for name in ('total', 'warmup', 'end'):
            if kwargs.get(name) is not None:
                kwargs[name] = int(kwargs[name] * epoch_length)
        return cls(*args, by_epoch=False, **kwargs)

    def _get_value(self) -> list[float]:
        """Return the rate of every parameter group at the current step."""
        step = max(self.last_step - 1, 0) if self.reference_offset else self.last_step
        rates = []
        for peak in self.base_values:
            scale = peak / self.reference_lr if self.proportional else 1.0
            rates.append(
                warmup_cosine(step, peak, self.total, self.warmup, self.warmup_lr * scale, self.min_lr * scale)
            )
        return rates
