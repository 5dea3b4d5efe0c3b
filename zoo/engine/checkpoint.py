"""Checkpoints that survive a kill at any moment."""

from __future__ import annotations

import re
from collections import deque
from pathlib import Path
from typing import Any

import mmengine.hooks
import numpy as np
import torch
from mmengine.dist import is_main_process
from mmengine.utils import apply_to

from zoo.io import sweep, write_whole
from zoo.registry import HOOKS

POINTER = 'last_checkpoint'
"""File of a work directory that names its newest checkpoint."""

_NUMBERED = re.compile(r'(epoch|iter)_(\d+)\.pth')


def latest_checkpoint(work_dir: str | Path) -> Path | None:
    """Return the newest checkpoint of a work directory, also of one that was moved or copied; None without any.

    What lies in the directory comes before the place that its pointer names, which may be where it was copied from.
    """
    folder = Path(work_dir)
    pointer = folder / POINTER
    named = Path(pointer.read_text('utf-8', errors='replace').strip()) if pointer.is_file() else Path()
    if named.name and (folder / named.name).is_file():
        return folder / named.name
    numbered = {path: _NUMBERED.fullmatch(path.name) for path in folder.glob('*.pth')}
    newest = max(((int(found[2]), path) for path, found in numbered.items() if found), default=None)
    if newest is not None:
        return newest[1]
    # With ``out_dir``, checkpoints are kept elsewhere; a place with a pointer of its own is another work directory.
    return named if named.is_file() and not (named.parent / POINTER).is_file() else None


@HOOKS.register_module()
class CheckpointHook(mmengine.hooks.CheckpointHook):
    """mmengine's ``CheckpointHook`` in an order that leaves a loadable newest checkpoint at any moment.

    mmengine removes the old checkpoint, writes the new one in place, then truncates and writes ``last_checkpoint``; a
    kill in between loses the run. Here the new file is complete before the pointer names it, and only then the old one
    goes. The same holds for the best checkpoint. Gradients that wait for more (accumulation) are kept as well, those of
    the first process where there are several.
    """

    keep_ckpt_ids: deque[int]
    best_ckpt_path: str | None
    best_ckpt_path_dict: dict[str, str | None]
    _default_greater_keys = [*mmengine.hooks.CheckpointHook._default_greater_keys, 'oa', 'macc']

    def before_train(self, runner: Any) -> None:
        """Prepare, and remove what a killed run left unfinished."""
        super().before_train(runner)
        if self.save_best:
            # A copied run knows the best of the folder it was copied from, which is not its own to remove.
            single = len(self.key_indicators) == 1
            paths = {'': self.best_ckpt_path} if single else dict(self.best_ckpt_path_dict)
            self._set_best({key: path and str(Path(self.out_dir) / Path(path).name) for key, path in paths.items()})
        if is_main_process():
            sweep(self.out_dir)

    def before_save_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Leave only tensors and plain values; add the gradients that are not used up yet.

        The histories of all logged scalars, which mmengine smooths its log lines with, are objects that a safe reader
        refuses, and grow without bound. They stay in the log files only.
        """
        hub = checkpoint['message_hub']
        hub['log_scalars'] = {}
        hub['resumed_keys'] = {key: kept for key, kept in hub['resumed_keys'].items() if key in hub['runtime_info']}
        for part in ('meta', 'message_hub'):
            checkpoint[part] = apply_to(
                checkpoint[part], lambda value: isinstance(value, np.generic | np.ndarray), lambda value: value.tolist()
            )
        if 'optimizer' in checkpoint and not runner.optim_wrapper.should_update():
            named = _module(runner.model).named_parameters()
            checkpoint['gradients'] = {name: param.grad.cpu() for name, param in named if param.grad is not None}

    def after_load_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Put the waiting gradients back."""
        parameters = dict(_module(runner.model).named_parameters())
        for name, gradient in checkpoint.get('gradients', {}).items():
            if name in parameters:
                parameters[name].grad = gradient.to(parameters[name].device)

    def _save_checkpoint_with_step(self, runner: Any, step: int, meta: dict[str, Any]) -> None:
        """Write the checkpoint, then the pointer to it, then remove what is too old."""
        outdated: list[int] = []
        if self.max_keep_ckpts > 0:
            kept = [other for other in self.keep_ckpt_ids if other != step] + [step]
            outdated, kept = kept[: -self.max_keep_ckpts], kept[-self.max_keep_ckpts :]
            self.keep_ckpt_ids = deque(kept, self.max_keep_ckpts)
            runner.message_hub.update_info('keep_ckpt_ids', kept)
        name = self.filename_tmpl.format(step)
        self.last_ckpt = str(Path(self.out_dir) / name)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        runner.save_checkpoint(
            self.out_dir,
            name,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
        )
        if is_main_process():
            beside = Path(self.out_dir) == Path(runner.work_dir)
            write_whole(Path(runner.work_dir) / POINTER, name if beside else self.last_ckpt)
            for old in outdated:
                (Path(self.out_dir) / self.filename_tmpl.format(old)).unlink(missing_ok=True)

    def _save_best_checkpoint(self, runner: Any, metrics: dict[str, Any]) -> None:
        """Write the best checkpoint before the previous best is removed."""
        if not self.save_best:
            return
        single = len(self.key_indicators) == 1
        previous = {'': self.best_ckpt_path} if single else dict(self.best_ckpt_path_dict)
        self._set_best(dict.fromkeys(previous))  # mmengine removes what it knows of
        super()._save_best_checkpoint(runner, metrics)
        current = {'': self.best_ckpt_path} if single else dict(self.best_ckpt_path_dict)
        self._set_best({key: current[key] or path for key, path in previous.items()})
        for key, path in previous.items():
            if is_main_process() and path and current[key] and path != current[key]:
                Path(path).unlink(missing_ok=True)

    def _set_best(self, paths: dict[str, str | None]) -> None:
        """Set the best checkpoint of every metric; of the only metric under the empty name."""
        if '' in paths:
            self.best_ckpt_path = paths['']
        else:
            self.best_ckpt_path_dict = paths


def _module(model: torch.nn.Module) -> torch.nn.Module:
    """Return the model inside a distributed wrapper."""
    return getattr(model, 'module', model)
