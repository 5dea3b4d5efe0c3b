"""Training that stops where numbers are no longer finite, with the last finite checkpoint in place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zoo.engine.checkpoint import latest_checkpoint
from zoo.errors import Diverged
from zoo.ops import raise_pending

_OVERFLOW = ('NaN or infinite', 'without overflow')
"""What zoo.ops says of coordinates, and torch of a rate."""

MOST_UNREAD = 1000
"""Steps after which losses are read though nothing is logged."""

HISTORY = 10_000
"""Values of a figure that mmengine keeps for its means; it copies all of them whenever one is added."""


@dataclass(frozen=True)
class Step:
    """What is kept of a step until the device is waited for.

    Attributes:
        epoch: number of the epoch, from 1.
        iteration: number of the iteration, from 1.
        values: losses and the norm of the gradients, scalars on the device.
        samples: positions in the data set (B,), None where the batch does not say.
    """

    epoch: int
    iteration: int
    values: dict[str, Tensor]
    samples: Any


def train_step(runner: Any, batch: Any) -> dict[str, Tensor]:
    """Do one step of training, and return the losses, which nobody has waited for.

    Raises:
        Diverged: The step failed because parameters or activations are not finite.
    """
    try:
        losses: dict[str, Tensor] = runner.model.train_step(batch, optim_wrapper=runner.optim_wrapper)
    except Exception as error:
        broken = not_finite(runner.model.state_dict())
        if not broken and not any(words in str(error) for words in _OVERFLOW):
            raise
        read_losses(runner)  # the fault may be an earlier step's
        raise _diverged(runner, _this_step(runner, {}, batch), broken or str(error)) from error
    return losses


def keep_losses(runner: Any, losses: Mapping[str, Any], batch: Any) -> None:
    """Keep the losses of the step that has just been done, and the norm of its gradients.

    Raises:
        Diverged: See :func:`read_losses`.
    """
    norm = vars(runner.optim_wrapper).pop('norm', None)
    values = losses if norm is None else {'grad_norm': norm, **losses}
    tensors = {name: torch.as_tensor(value).detach().reshape(()) for name, value in values.items()}
    runner.unread.append(_this_step(runner, tensors, batch))
    if len(runner.unread) >= MOST_UNREAD:
        read_losses(runner)


def read_losses(runner: Any) -> None:
    """Wait for the device once, and hand on the losses of all steps since the last time.

    A gradient scaler skips steps that overflow; it is left to do so until its scale is used up.

    Raises:
        Diverged: A loss, or a coordinate that came to :mod:`zoo.ops` on a GPU, is not finite.
    """
    steps, runner.unread = runner.unread, []
    if not steps:
        return
    flat = [value for step in steps for value in step.values.values()]
    numbers = iter(torch.stack([value.to(flat[-1].device, torch.float32) for value in flat]).tolist() if flat else [])
    scaler = getattr(runner.optim_wrapper, 'loss_scaler', None)
    for step in steps:
        values = {name: next(numbers) for name in step.values}
        losses = {name: value for name, value in values.items() if 'loss' in name}
        if not all(map(math.isfinite, losses.values())) and (scaler is None or scaler.get_scale() < 1):
            raise _diverged(runner, step, ', '.join(f'{name} {value:.4g}' for name, value in losses.items()))
        for name, value in values.items():
            runner.message_hub.update_scalar(f'train/{name}', value)
    for buffer in runner.message_hub.log_scalars.values():
        buffer.max_length = HISTORY
    try:
        raise_pending()
    except ValueError as error:
        raise _diverged(runner, steps[-1], str(error)) from error


def require_finite(runner: Any, checkpoint: Mapping[str, Any]) -> None:
    """Refuse to write what no training can go on from, and nobody can use.

    Raises:
        Diverged: A loss, or a number of the model, its average or the optimizer, is not finite.
    """
    read_losses(runner)
    parts = [checkpoint.get(part, {}) for part in ('state_dict', 'ema_state_dict', 'optimizer', 'gradients')]
    broken = next(filter(None, map(not_finite, parts)), '')
    if broken:
        raise _diverged(runner, _this_step(runner, {}), broken)


def not_finite(state: Any, name: str = '') -> str:
    """Return what is not finite in nested dicts and lists of tensors, empty when all is."""
    if isinstance(state, Tensor):
        fine = not state.is_floating_point() or bool(torch.isfinite(state).all())
        return '' if fine else f'{name} is not finite'
    if isinstance(state, Mapping):
        children: Any = state.items()
    elif isinstance(state, list | tuple):
        children = enumerate(state)
    else:
        return ''
    return next(filter(None, (not_finite(child, f'{name}.{key}'.lstrip('.')) for key, child in children)), '')


def _this_step(runner: Any, values: dict[str, Tensor], batch: Any = None) -> Step:
    samples = batch.get('index') if isinstance(batch, Mapping) else None
    return Step(runner.epoch + 1, runner.iter + 1, values, samples)


def _diverged(runner: Any, step: Step, found: str) -> Diverged:
    """Return the error in one line: where, what, on which samples, what is left, and what to do."""
    where = f'training diverged in epoch {step.epoch}, iteration {step.iteration}: {found}'
    if step.samples is not None:
        indices = torch.as_tensor(step.samples).tolist()
        where += f'; samples {", ".join(map(str, indices))}'
        points = getattr(runner.train_dataloader.dataset, 'points', None)
        broken = [index for index in indices if points and not np.isfinite(points(index)).all()]
        if broken:
            return Diverged(
                f'{where}. The points of {", ".join(map(str, broken))} are not finite in the data set: mend it'
            )
    newest = latest_checkpoint(runner.work_dir)
    rate = (runner.cfg.get('optim_wrapper') or {}).get('optimizer', {}).get('lr')
    option = f', e.g. --cfg-options optim_wrapper.optimizer.lr={rate / 10:.0e}' if rate else ''
    if newest is None:
        return Diverged(f'{where}. There is no checkpoint yet: start again with a lower rate{option}')
    return Diverged(f'{where}. {newest} is from before: go on from it by --resume with a lower rate{option}')
