"""Training that stops where numbers are no longer finite, with the last finite checkpoint in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from zoo.engine.checkpoint import latest_checkpoint
from zoo.errors import Diverged

_OVERFLOW = ('NaN or infinite', 'without overflow')
"""What zoo.ops says of coordinates, and torch of a rate."""


def train_step(runner: Any, batch: Any) -> dict[str, torch.Tensor]:
    """Do one step of training, and return the losses.

    The losses are looked at after the step, when logging waits for them anyway: nothing is written before this returns.
    A gradient scaler skips steps that overflow; it is left to do so until its scale is used up.

    Raises:
        Diverged: A loss is not finite, or the step failed because parameters or activations are not.
    """
    try:
        losses: dict[str, torch.Tensor] = runner.model.train_step(batch, optim_wrapper=runner.optim_wrapper)
    except Exception as error:
        broken = not_finite(runner.model.state_dict())
        if not broken and not any(words in str(error) for words in _OVERFLOW):
            raise
        raise _diverged(runner, broken or str(error), batch) from error
    values = {name: float(torch.as_tensor(loss).detach()) for name, loss in losses.items() if 'loss' in name}
    if all(abs(value) < float('inf') for value in values.values()):
        return losses
    scaler = getattr(runner.optim_wrapper, 'loss_scaler', None)
    if scaler is None or scaler.get_scale() < 1:
        shown = ', '.join(f'{name} {value:.4g}' for name, value in values.items())
        raise _diverged(runner, shown, batch)
    return losses


def require_finite(runner: Any, checkpoint: Mapping[str, Any]) -> None:
    """Refuse to write what no training can go on from, and nobody can use.

    Raises:
        Diverged: A number of the model, its average or the optimizer is not finite.
    """
    parts = [checkpoint.get(part, {}) for part in ('state_dict', 'ema_state_dict', 'optimizer', 'gradients')]
    broken = next(filter(None, map(not_finite, parts)), '')
    if broken:
        raise _diverged(runner, broken)


def not_finite(state: Any, name: str = '') -> str:
    """Return what is not finite in nested dicts and lists of tensors, empty when all is."""
    if isinstance(state, torch.Tensor):
        fine = not state.is_floating_point() or bool(torch.isfinite(state).all())
        return '' if fine else f'{name} is not finite'
    if isinstance(state, Mapping):
        children: Any = state.items()
    elif isinstance(state, list | tuple):
        children = enumerate(state)
    else:
        return ''
    return next(filter(None, (not_finite(child, f'{name}.{key}'.lstrip('.')) for key, child in children)), '')


def _diverged(runner: Any, found: str, batch: Any = None) -> Diverged:
    """Return the error in one line: where, what, on which samples, what is left, and what to do."""
    where = f'training diverged in epoch {runner.epoch + 1}, iteration {runner.iter + 1}: {found}'
    if isinstance(batch, Mapping) and 'index' in batch:
        indices = torch.as_tensor(batch['index']).cpu()
        where += f'; samples {", ".join(map(str, indices.tolist()))}'
        points = batch.get('points')
        broken = [] if points is None else indices[~points.cpu().isfinite().flatten(1).all(1)].tolist()
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
