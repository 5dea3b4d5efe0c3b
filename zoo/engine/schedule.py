"""The learning rate over time."""

from __future__ import annotations

import copy
import math
import re
from typing import Any

from mmengine.optim.scheduler import _ParamScheduler

from zoo.errors import UsageError
from zoo.registry import PARAM_SCHEDULERS

ENDLESS = int(1e9)
"""What mmengine calls the end of a schedule that has none."""

LENGTHS = ('begin', 'end', 'total', 'warmup', 'T_max', 'step_size', 'milestones', 'periods', 'total_steps')
"""Arguments of schedules that are lengths of time, of mmengine's too."""

_SHARE = re.compile(r'\s*(\d+(?:\.\d+)?)\s*/\s*([1-9]\d*)\s*')


def fit(scheduler: Any, epochs: int | None, iterations: int, epoch_length: int) -> Any:
    """Return the config of a schedule with its lengths for a training of this length.

    A number is taken as it stands. A share such as ``'10/300'`` follows the length of the training: 10 epochs of 300 as
    published. At any other length than 300 epochs the schedule goes by iteration: whole epochs of a short run would
    jump from nothing to the full rate, which students that regress features do not survive.

    Args:
        scheduler: config of a schedule, a list of them, or a dict of them by optimizer.
        epochs: length of the training; None where it is counted in iterations.
        iterations: its length in iterations.
        epoch_length: iterations of an epoch.

    Raises:
        UsageError: A length is neither a number nor a share, or counts epochs in a training by iterations.
    """
    if isinstance(scheduler, list | tuple):
        return [fit(entry, epochs, iterations, epoch_length) for entry in scheduler]
    if not isinstance(scheduler, dict):
        return scheduler
    if 'type' not in scheduler:
        return {name: fit(entry, epochs, iterations, epoch_length) for name, entry in scheduler.items()}
    settings, kind = copy.deepcopy(dict(scheduler)), str(scheduler['type'])
    if kind.startswith('ReduceOnPlateau'):  # counts validations
        return settings
    lengths = {name: settings[name] for name in LENGTHS if settings.get(name) is not None}
    entries = [entry for value in lengths.values() for entry in (value if isinstance(value, list | tuple) else [value])]
    published = {_share(entry)[1] for entry in entries if isinstance(entry, str)}
    counted = any(not isinstance(entry, str) and entry for entry in entries) or kind.startswith('Exponential')
    by_epoch = settings.get('by_epoch', True)
    convert = settings.pop('convert_to_iter_based', False)
    if epochs is None and by_epoch and counted and not convert:
        raise UsageError(
            f'param_scheduler: {kind} counts epochs, but the training goes by iterations: give lengths in '
            "iterations and by_epoch=False, or shares of the training such as '1/10'"
        )
    if convert and not by_epoch:
        raise UsageError('param_scheduler: convert_to_iter_based converts from epochs, leave out by_epoch=False')
    unit = 1
    if by_epoch and (convert or epochs is None or published - {epochs}):
        settings['by_epoch'], unit = False, epoch_length

    def length(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [length(entry) for entry in value]
        if not isinstance(value, str):
            return value if unit == 1 else int(value * unit)
        part, whole = _share(value)
        if settings.get('by_epoch', True):
            return int(part) if part == int(part) else part
        return max(1, round(part / whole * iterations)) if part else 0

    return settings | {name: length(value) for name, value in lengths.items()}


def _share(text: str) -> tuple[float, int]:
    """Return both numbers of a share of the training."""
    match = _SHARE.fullmatch(text)
    if match is None:
        raise UsageError(
            f"param_scheduler: a length is a number or a share of the training such as '10/300', not {text!r}"
        )
    return float(match[1]), int(match[2])


def warmup_cosine(step: int, peak: float, total: int, warmup: float, warmup_lr: float, min_lr: float) -> float:
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

    In a config, lengths may be shares of the training such as ``'10/300'``, see :func:`fit`, and
    ``convert_to_iter_based=True`` turns numbers, given in epochs, into iterations.

    Args:
        optimizer: optimizer or optimizer wrapper.
        total: length of the cosine, in epochs (iterations with ``by_epoch=False``); the length of the training when
            not given.
        warmup: length of the warm-up, in the same unit; a part of an epoch where epochs become iterations.
        warmup_lr: rate at which the warm-up begins, the same for all parameter groups.
        min_lr: rate at which the cosine ends, the same for all parameter groups.
        proportional: ends ``warmup_lr`` and ``min_lr`` that scale with the rate of a group. Needed with strong layer
            decay, whose lowest peaks would lie under an absolute minimum.
        reference_offset: offset of one epoch. Parity: the reference steps its schedule after an epoch with that
            epoch's number, so that epochs 0 and 1 both run at ``warmup_lr`` and all later ones are one epoch late.
        end: length of the training; mmengine fills it in.
        by_epoch: unit of a step, an epoch or else an iteration.
        last_step: number of the last step done before.

    Raises:
        UsageError: Lengths that cannot be, or ``reference_offset`` by iteration.
    """

    def __init__(
        self,
        optimizer: Any,
        total: int | None = None,
        warmup: float = 0,
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
            raise UsageError(
                'WarmupCosine: reference_offset is a matter of epochs, and this schedule goes by iteration'
            )
        self.warmup_lr, self.min_lr = warmup_lr, min_lr
        self.proportional, self.reference_offset = proportional, reference_offset
        inner = getattr(optimizer, 'optimizer', optimizer)
        self.reference_lr = float(inner.defaults['lr'])
        super().__init__(optimizer, 'lr', last_step=last_step, by_epoch=by_epoch)

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
